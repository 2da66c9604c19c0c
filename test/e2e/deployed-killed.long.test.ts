import { env } from 'node:process';
import t, { type Test } from 'tap';
import { runWithFault } from '../faults/run-with-fault.js';
import { noLab, runVirtbs } from './run-virtbs.js';
import { ssh } from './standing-slice.js';

env['VIRTBS_CHECKPOINT'] = 'yes';

const FILES = {
  'cluster.yaml': `
tasks:
  one: { on: all, run: 'echo one >>/root/trace', checkpoint: after }
  two: { on: plain, wants: [one], run: 'echo two >>/root/trace' }
`,
};

const CYCLE = ['-c', 'cluster.yaml', 'cycle', 'roles', 'plain', '--do'];

/** What belongs to keeping a deployed slice: the folder of a checkpoint, its files, and what the VM is told meanwhile. */
const KEEPING = /checkpoints|virDomain(?:Suspend|Save|Resume|Migrate|Create|BlockJob|Snapshot)|qemu-img/;

/** Points of all these at which virtbs is killed. */
const POINTS = 12;

t.test(
  'killed while it keeps a deployed slice, it leaves nothing that a next cycle takes',
  { skip: noLab },
  async (t) => {
    const directory = t.testdir(FILES);
    t.teardown(async () => {
      await runVirtbs(directory, 'wipe');
      await runVirtbs(directory, 'checkpoint', 'rm', '--all');
    });
    const { ending, steps, stderr } = await runWithFault(directory, CYCLE);
    t.equal(ending, 0, stderr);
    const keeping = steps.flatMap((step, index) => (KEEPING.test(step) ? [index + 1] : []));
    t.ok(keeping.length >= POINTS, `${keeping.length} steps`);
    for (let point = 0; point < POINTS; point++) {
      const at = keeping[Math.floor(((point + 0.5) * keeping.length) / POINTS)] ?? 1;
      const when = point % 2 === 0 ? 'before' : 'during';
      await t.test(`${when} ${steps[at - 1]}`, async (t) => {
        t.equal((await runVirtbs(directory, 'wipe')).code, 0);
        t.equal((await runVirtbs(directory, 'checkpoint', 'rm', '--all')).code, 0);
        await runWithFault(directory, CYCLE, { at, when, signal: 'SIGKILL' });
        for (const time of ['the next cycle', 'the one after it']) await assertDeployed(t, directory, time);
        const [{ slices }, kept] = [await json(directory, 'ls'), await json(directory, 'checkpoint', 'ls')];
        t.equal((slices as readonly unknown[]).length, 1);
        t.match(kept, { checkpoints: [{}] }, 'what is kept can be listed');
      });
    }
  },
);

async function assertDeployed(t: Test, directory: string, time: string): Promise<void> {
  const { code, stderr } = await runVirtbs(directory, ...CYCLE);
  t.equal(code, 0, `${time}: ${stderr}`);
  t.equal((await ssh(directory, 'plain-60', 'sudo cat /root/trace')).stdout, 'one\ntwo', `${time}: each task ran once`);
}

async function json(directory: string, ...words: readonly string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await runVirtbs(directory, ...words, '--json')).stdout) as Record<string, unknown>;
}
