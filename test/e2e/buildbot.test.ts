import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { startReceiver } from '../mail/smtp-receiver.js';
import { Master } from './buildbot/master.js';
import { slices } from './buildbot/slices.js';
import { StandIn } from './buildbot/stand-in.js';
import { until } from './buildbot/until.js';
import { noLab, runVirtbs } from './run-virtbs.js';

/** The programs of Debian's packages buildbot and buildbot-worker. */
const PROGRAMS = ['/usr/bin/buildbot', '/usr/bin/buildbot-worker', '/usr/bin/twistd3'];
const missing = PROGRAMS.filter((program) => !existsSync(program));
const skip = noLab || (missing.length > 0 ? `${missing.join(', ')}: bin/packages --install --for test` : false);

/** The lab has a network of its own, so nobody else has it. */
const PORT = 19989;
const MINUTES = 60_000;

t.test(
  'a real master gets VMs from virtbs, and leaves none, whatever happens',
  { skip, timeout: 15 * MINUTES },
  async (t) => {
    const home = await packageDirectory();
    const directory = t.testdir();
    const mails = await startReceiver(t);
    t.teardown(async () => runVirtbs(directory, 'wipe', '--all', '--yes'));
    const virtbs = [process.execPath, join(home, 'bin', 'virtbs')];
    const master = new Master(directory, {
      port: PORT,
      smtp: mails.port,
      command: ['sh', '-c', 'echo built by $WORKER_HOST'],
      worker: { virtbs, layers: 'roles', checkpoint: 'no' },
      workers: {
        bot1: { build_wait_timeout: 2, notify_on_missing: 'team@example.org' },
        bot2: { build_wait_timeout: 0 },
        // Nobody attaches for it.
        silent: { missing_timeout: 30, notify_on_missing: 'team@example.org' },
        refused: { layers: 'no-such-layer' },
        lasting: { build_wait_timeout: 600, max_builds: 1 },
      },
      builders: {
        one: ['bot1'],
        two: ['bot2'],
        silent: ['silent'],
        refused: ['refused'],
        lasting: ['lasting'],
      },
      starts: { both: ['one', 'two'] },
    });
    await master.create();
    await master.start();
    t.teardown(async () => master.stop('SIGKILL'));
    await using _stand = await StandIn.start(directory, home);

    await t.test('two builds at once get a VM each, which goes when its worker is idle', async (t) => {
      await master.change('both');
      for (const builder of ['one', 'two']) {
        t.match(await master.finished(builder, 1), [{ results: 'success', output: 'built by plain-60\n' }]);
      }
      await nothingLeft(t, directory);
    });

    await t.test('a plan that virtbs refuses fails the build, with the reason in its log', async (t) => {
      await master.change('refused');
      const [end] = await master.finished('refused', 1);
      t.match(end, { results: 'exception', log: /no-such-layer[\s\S]*hint: [\s\S]*code: usage/ });
    });

    await t.test('a master that was killed ends at its next start what it left, and builds again', async (t) => {
      await master.change('lasting');
      await master.finished('lasting', 1);
      const [before] = await slices(directory);
      t.match(before?.session, /^buildbot .*id=latent-[0-9a-f]{6}\/lasting\./);
      await master.stop('SIGKILL');
      t.equal((await slices(directory)).length, 1, 'a VM outlives a master that was killed');
      await master.start();
      await nothingLeft(t, directory);
      await master.change('lasting');
      t.strictSame(
        (await master.finished('lasting', 2)).map(({ results }) => results),
        ['success', 'success'],
      );
    });

    await t.test('a worker that never attaches is told by mail, and its VM goes', async (t) => {
      await master.change('silent');
      const [end] = await master.finished('silent', 1);
      t.equal(end?.results, 'retry');
      await until('a mail', () => mails.lines.some((line) => /^Subject: .*silent/.test(line)));
      t.ok(mails.lines.includes('RCPT TO:<team@example.org>'));
      await master.stop('SIGTERM');
      await nothingLeft(t, directory);
    });
  },
);

async function nothingLeft(t: Test, directory: string): Promise<void> {
  await until('the end of all slices', async () => (await slices(directory)).length === 0);
  t.strictSame(await slices(directory), []);
}
