import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { runForeground, type ForegroundOptions } from '../../src/process/run-foreground.js';
import { Interruption } from '../../src/process/interruption.js';
import { virtbsFailure } from '../image/virtbs-failure.js';

function options(changes: Partial<ForegroundOptions> = {}): ForegroundOptions {
  const { signal } = new AbortController();
  return { cwd: '/', env: process.env, signal, terminal: false, output: 'stderr', ...changes };
}

t.test('the exit code is the program’s, as a shell has it', async (t) => {
  t.equal(await runForeground(['true'], options()), 0);
  t.equal(await runForeground(['sh', '-c', 'exit 7'], options()), 7);
  t.equal(await runForeground(['sh', '-c', 'kill -9 $$'], options()), 137);
  t.equal(
    await runForeground(['sh', '-c', '[ "$A" = b ] && [ "$PWD" = /tmp ]'], options({ cwd: '/tmp', env: { A: 'b' } })),
    0,
  );
});

t.test('a program that is not there is named', async (t) => {
  const failure = await virtbsFailure(runForeground(['no-such-program'], options()));
  t.match(failure, { code: 'program-missing', message: /^no-such-program: not found/ });
});

t.test('the signal is passed on; the program may take its time', async (t) => {
  const script = 'trap "exit 12" INT; trap "exit 15" TERM; touch ready; until [ -e done ]; do sleep 0.05; done; exit 3';
  for (const [name, terminal, code] of [
    ['SIGINT', false, 12],
    ['SIGTERM', true, 15],
    // The terminal sends it by itself.
    ['SIGINT', true, 3],
  ] as const) {
    const cwd = await mkdtemp(join(t.testdir(), 'run-'));
    const interrupt = new AbortController();
    const running = runForeground(['bash', '-c', script], options({ cwd, terminal, signal: interrupt.signal }));
    for (let left = 500; left > 0 && !existsSync(join(cwd, 'ready')); left--) await delay(10);
    interrupt.abort(new Interruption(name));
    if (code === 3) await writeFile(join(cwd, 'done'), '');
    t.equal(await running, code, `${name}, terminal: ${terminal}`);
  }
  const raised = options({ signal: AbortSignal.abort() });
  t.equal((await virtbsFailure(runForeground(['true'], raised))).code, 'cancelled');
});
