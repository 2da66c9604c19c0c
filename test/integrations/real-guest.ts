import { join } from 'node:path';
import { env } from 'node:process';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { Master } from '../e2e/buildbot/master.js';
import { slices } from '../e2e/buildbot/slices.js';
import { until } from '../e2e/buildbot/until.js';
import { runVirtbs } from '../e2e/run-virtbs.js';

const PORT = 19989;
const MINUTES = 60_000;

/** Called by `test/integrations/run`, in a lab: a guest of Debian has the worker, and nobody stands in for it. */
t.test(
  'a build runs in a VM, whose worker the guest itself starts, cold and warm',
  { timeout: 60 * MINUTES },
  async (t) => {
    const home = await packageDirectory();
    const directory = t.testdir();
    t.teardown(async () => runVirtbs(directory, 'wipe', '--all', '--yes'));
    const master = new Master(directory, {
      port: PORT,
      command: ['sh', '-c', 'hostname; id -un; env | grep WORKER; true'],
      worker: {
        virtbs: [process.execPath, join(home, 'bin', 'virtbs')],
        layers: 'roles,buildbot-worker',
        config: [join(home, 'integrations/buildbot/worker.yaml'), env['WORKER_IMAGE'] ?? ''],
        build_wait_timeout: 0,
        missing_timeout: 1800,
      },
      workers: { cold: { checkpoint: 'no' }, warm: { checkpoint: 'yes' } },
      builders: { cold: ['cold'], warm: ['warm'] },
    });
    await master.create();
    await master.start();
    t.teardown(async () => master.stop('SIGKILL'));
    for (const [builder, count] of [
      ['cold', 1],
      ['warm', 1],
      ['warm', 2],
    ] as const) {
      const started = performance.now();
      await master.change(builder);
      const ends = await master.finished(builder, count);
      t.match(ends.at(-1), { results: 'success', output: 'plain-60\nbuildbot\n' });
      t.comment(`${builder} ${count}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
      await until('the end of the slice', async () => (await slices(directory)).length === 0);
    }
    await runVirtbs(directory, 'checkpoint', 'rm', '--all');
  },
);
