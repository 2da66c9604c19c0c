import { fileURLToPath } from 'node:url';
import t from 'tap';
import { runProgram } from '../../src/process/run-program.js';
import { isRunning } from './is-running.js';

t.test('a program is given its arguments as they are, and its output comes back', async (t) => {
  const { stdout, stderr } = await runProgram('printf', ['%s|', 'a b', '$HOME', '*', "'"]);
  t.strictSame({ stdout, stderr }, { stdout: "a b|$HOME|*|'|", stderr: '' });
  t.equal((await runProgram('cat', [], { input: 'words' })).stdout, 'words');
});

t.test('a program that is not there is told as missing, with a way to get it', async (t) => {
  const running = runProgram('no-such-program-here', []);
  await t.rejects(running, { code: 'program-missing', message: /no-such-program-here: not found/, hint: /quickstart/ });
});

t.test('a program that fails is told with its exit code and its last words, read by the line or not', async (t) => {
  const script = 'for i in 1 2 3 4 5; do echo "line $i" >&2; done; exit 7';
  for (const options of [{}, { onLine: () => undefined }]) {
    await t.rejects(runProgram('sh', ['-c', script], options), {
      code: 'program-failed',
      message: /^sh: exit code 7: line 3\nline 4\nline 5$/,
    });
  }
});

t.test('line ends of a program that writes for a terminal, as ssh does, are no part of its words', async (t) => {
  const failure = runProgram('sh', ['-c', String.raw`printf 'one\r\ntwo\r\n' >&2; exit 3`]);
  await t.rejects(failure, { message: 'sh: exit code 3: one\ntwo' });
});

t.test('a program ends with the signal that is raised', async (t) => {
  const interrupt = new AbortController();
  const running = runProgram('sleep', ['600'], { signal: interrupt.signal });
  interrupt.abort();
  await t.rejects(running, { code: 'cancelled', exitCode: 130 });
});

t.test('a program that takes too long is ended', async (t) => {
  await t.rejects(runProgram('sleep', ['600'], { timeout: 100 }), { code: 'program-failed', message: /SIGTERM/ });
});

t.test('who could not run a program has nothing left to wait for', async (t) => {
  const module = fileURLToPath(new URL('../../src/process/run-program.js', import.meta.url));
  const script = `const { runProgram } = await import(${JSON.stringify(module)});
    await runProgram('no-such-program-here', [], { timeout: 600_000 }).catch(({ code }) => console.log(code));`;
  const running = runProgram(process.execPath, ['--input-type=module', '--eval', script], {
    signal: AbortSignal.timeout(60_000),
  });
  t.match(await running, { stdout: 'program-missing' });
});

t.test('each line is passed on as it comes', async (t) => {
  const lines: string[] = [];
  await runProgram('sh', ['-c', 'echo one; echo two >&2; echo three'], { onLine: (line) => lines.push(line) });
  t.strictSame([...lines].sort(), ['one', 'three', 'two']);
});

t.test('what a program of its own group has started ends with it, also where that does not want to', async (t) => {
  const interrupt = new AbortController();
  const pids: number[] = [];
  const running = runProgram('sh', ['-c', "(trap '' TERM; exec sleep 600) & echo $!; wait"], {
    signal: interrupt.signal,
    group: true,
    onLine(line) {
      pids.push(Number(line));
      interrupt.abort();
    },
  });
  await t.rejects(running, { code: 'cancelled' });
  t.equal(pids.length, 1);
  for (const pid of pids) t.notOk(await isRunning(pid));
});
