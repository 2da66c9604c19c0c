import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { VirtbsError } from '../../src/errors.js';
import { KILLED_TASKS, oneByOne } from './killed-tasks.js';
import { openTaskBench, outcomes } from './task-bench.js';

const program = fileURLToPath(new URL('killed.process.js', import.meta.url));

/** Returns how a process ended that does the tasks. */
async function run(folder: string, ...args: readonly string[]): Promise<unknown> {
  await mkdir(folder, { recursive: true });
  const child = spawn(execPath, [program, folder, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return code ?? signal;
}

/** Returns the numbers of bytes behind which an order begins, has come, and has come with half of its script. */
function points(orders: string): readonly number[] {
  const found = [...orders.matchAll(/^(?:list|make|start|get|sync)\b.*\n/gm)];
  const all = found.flatMap(({ index, 0: { length } }, number) => {
    const end = found[number + 1]?.index ?? orders.length;
    return [index + length, Math.round((index + length + end) / 2)];
  });
  return [...new Set([...all, orders.length])].filter((point) => point > 0);
}

t.test('wherever virtbs is killed, the next call finishes, and what may not be repeated ran once', async (t) => {
  const directory = t.testdir({});
  t.equal(await run(join(directory, 'whole')), 0);
  const orders = await readFile(join(directory, 'whole', 'orders'), 'latin1');
  const kills = points(orders);
  t.ok(kills.length >= 8, `${kills.length} points`);
  let broken = 0;
  for (const bytes of kills) {
    const folder = join(directory, String(bytes));
    t.equal(await run(folder, String(bytes)), 'SIGKILL', `after ${bytes} bytes`);
    const bench = await openTaskBench(folder, ['controller:1']);
    const { command } = await bench.options(KILLED_TASKS);
    const inTurn = {
      command: (name: string) => (script: string, at: string) => oneByOne(folder, command(name)(script, at)),
    };
    const next = await bench.do(KILLED_TASKS, inTurn).catch((thrown: unknown) => thrown);
    if (next instanceof VirtbsError) {
      broken++;
      t.match(next, {
        code: 'task-failed',
        message: /once on controller-02: it was broken off half-way/,
        hint: /do --again once/,
      });
      t.ok((await bench.trace()).length <= 1, 'it was not run again');
      await bench.do(KILLED_TASKS, { ...inTurn, again: ['once'] });
    } else {
      const trace = await bench.trace();
      t.equal(trace.filter((line) => line === 'once').length, 1, `once: ${trace.join(', ')}`);
    }
    t.ok((await bench.trace()).includes('more 7'));
    t.strictSame(outcomes(await bench.do(KILLED_TASKS, inTurn)), [
      'once controller-02 skipped',
      'more controller-02 skipped',
    ]);
  }
  t.comment(`${kills.length} points, ${broken} of them while the task ran that may not be repeated`);
});
