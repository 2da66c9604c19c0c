import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { Master } from './buildbot/master.js';
import { slices } from './buildbot/slices.js';
import { StandIn } from './buildbot/stand-in.js';
import { until } from './buildbot/until.js';
import { noLab, run, runVirtbs } from './run-virtbs.js';

const PROGRAMS = ['/usr/bin/buildbot', '/usr/bin/buildbot-worker', '/usr/bin/twistd3'];
const missing = PROGRAMS.filter((program) => !existsSync(program));
const skip = noLab || (missing.length > 0 ? `${missing.join(', ')}: bin/packages --install --for test` : false);

/** The lab has a network of its own, so nobody else has it. */
const PORT = 19989;
const MINUTES = 60_000;

/** A task that writes down which files of the worker were there before it, and what no second run of it writes. */
const TASKS = `
tasks:
  deploy: { on: all, run: 'ls -A /etc/virtbs /srv/keys >>/root/trace 2>/dev/null; cat /proc/sys/kernel/random/uuid >>/root/trace' }
`;

t.test(
  'a worker comes back from the checkpoint in which its tasks are done, and gets name, password and files of its own',
  { skip, timeout: 15 * MINUTES },
  async (t) => {
    const home = await packageDirectory();
    const directory = t.testdir({ 'tasks.yaml': TASKS });
    t.teardown(async () => runVirtbs(directory, 'checkpoint', 'rm', '--all'));
    t.teardown(async () => runVirtbs(directory, 'wipe', '--all', '--yes'));
    await writeFile(join(directory, 'key'), 'key of the worker');
    const master = new Master(directory, {
      port: PORT,
      command: ['sh', '-c', 'echo $WORKER_HOST'],
      worker: {
        ...{ virtbs: [process.execPath, join(home, 'bin', 'virtbs')], layers: 'roles', checkpoint: 'yes', do: true },
        ...{ config: [join(directory, 'tasks.yaml')], files: { '/srv/keys/key': join(directory, 'key') } },
        build_wait_timeout: 600,
        max_builds: 1,
      },
      workers: { first: {}, second: {} },
      builders: { first: ['first'], second: ['second'] },
    });
    await master.create();
    await master.start();
    t.teardown(async () => master.stop('SIGKILL'));
    await using _stand = await StandIn.start(directory, home);

    /** Returns what the task left, and then what the worker was given. */
    const build = async (worker: string): Promise<readonly string[]> => {
      const started = performance.now();
      await master.change(worker);
      t.match(await master.finished(worker, 1), [{ results: 'success', output: 'plain-60\n' }]);
      t.comment(`${worker}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
      const config = join(directory, 'master', 'virtbs', worker, 'sshconf-bs1');
      const line = 'sudo sh -c "cat /root/trace /srv/keys/key; echo; grep WORKERNAME /etc/virtbs/environment"';
      return (await run(directory, ['ssh', '-F', config, 'plain-60', line])).stdout.split('\n');
    };
    const [trace, ...given] = await build('first');
    t.match(trace, /^[\da-f-]{36}$/, 'the task was run when nothing of a worker was there');
    t.strictSame(given, ['key of the worker', 'WORKERNAME=first']);
    await runVirtbs(directory, '-s', '1', 'wipe');
    t.strictSame(await build('second'), [trace, 'key of the worker', 'WORKERNAME=second'], 'and was not run again');
    await master.stop('SIGTERM');
    await until('the end of the slices', async () => (await slices(directory)).length === 0);
  },
);
