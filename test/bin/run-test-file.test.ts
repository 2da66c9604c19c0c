import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { findProcess } from './lab-processes.js';
import { runTestFile, type TestFileResults } from './run-test-file.js';

const tap = import.meta.resolve('tap');

async function runText(t: Test, text: string, limit = 60_000): Promise<TestFileResults & { readonly file: string }> {
  const file = join(t.testdir({ 'a.test.mjs': `import t from ${JSON.stringify(tap)};\n${text}` }), 'a.test.mjs');
  const { signal } = new AbortController();
  return { file, ...(await runTestFile(file, { limit, signal })) };
}

t.test('assertions of a file are counted, and a failure has the title of its file first', async (t) => {
  const text = `t.test('one', async (t) => { t.pass('a'); t.fail('b'); t.pass('c', { skip: 'no root' }); });`;
  const { file, passed, failed, skipped, failures, skipReasons } = await runText(t, text);
  t.strictSame(
    { passed, failed, skipped, skipReasons },
    { passed: 1, failed: 1, skipped: 1, skipReasons: ['no root'] },
  );
  t.strictSame(failures[0]?.titles, [file, 'one', 'b']);
});

t.test('a file that dies, or that asserts nothing, is a failure', async (t) => {
  for (const [text, problem] of [
    [`process.kill(process.pid, 'SIGKILL');`, 'it was ended by SIGKILL'],
    [
      `t.pass('a'); process.exitCode = 7; process.on('exit', () => process.reallyExit(7));`,
      'it ended with exit code 7',
    ],
    [`process.exit(0);`, 'no assertion was made'],
  ] as const) {
    const { file, failed, failures } = await runText(t, text);
    t.equal(failed, 1, problem);
    t.match(failures, [{ titles: [file], details: { problem } }]);
  }
});

t.test('a file that cannot be loaded is a failure that shows why', async (t) => {
  const { failed, failures } = await runText(t, `import './nowhere.js';`);
  t.equal(failed, 1);
  t.match(failures, [{ details: { stderr: /ERR_MODULE_NOT_FOUND/ } }]);
});

t.test('a test that hangs is named when the time of its file is over', async (t) => {
  const text = `t.test('hangs', () => new Promise(() => setTimeout(() => undefined, 1000)));`;
  const { failed, failures } = await runText(t, text, 300);
  t.ok(failed > 0);
  t.ok(failures.some(({ titles }) => titles.includes('hangs')));
});

t.test('what a file left behind ends with it', async (t) => {
  const seconds = `98711.${process.pid}`;
  const text = `import { spawn } from 'node:child_process'; spawn('sleep', ['${seconds}'], { stdio: 'inherit' }).unref(); t.pass('a');`;
  t.match(await runText(t, text), { passed: 1, failed: 0 });
  for (let left = 200; left > 0 && (await findProcess(['sleep', seconds])); left--) await sleep(10);
  t.notOk(await findProcess(['sleep', seconds]));
});
