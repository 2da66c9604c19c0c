import { env } from 'node:process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { Master } from '../e2e/buildbot/master.js';
import { StandIn } from '../e2e/buildbot/stand-in.js';
import { runVirtbs } from '../e2e/run-virtbs.js';
import { openReal } from '../openstack/real/real-cloud.js';
import { CloudLeftovers } from './cloud-leftovers.js';
import { OwnStandIn } from './own-stand-in.js';

/**
 * Called by `test/integrations/run --compare`, in lab/openstack: VirtbsLatentWorker beside Buildbot's own OpenStackLatentWorker, at the
 * same master and with the same flavor. The images are small and have no Python: real workers on this machine stand in for those of the
 * servers, as soon as the guests are up. It prints one table.
 */

const MINUTES = 60_000;
const PORT = 19989;
const FLAVOR = 'm1.tiny';
const NETWORK = 'public';
const PASSWORD = 'a-password-of-the-test';
const KINDS = ['virtbs', 'own'] as const;

type Kind = (typeof KINDS)[number];

t.test('workers of virtbs beside those of Buildbot itself, in one cloud', { timeout: 150 * MINUTES }, async (t) => {
  const home = await packageDirectory();
  const directory = t.testdir();
  await writeFile(join(directory, 'cloud.yaml'), `openstack: { upload: true, external_network: ${NETWORK} }\n`);
  env['VIRTBS_DRIVER'] = 'openstack';
  t.teardown(async () => runVirtbs(directory, 'wipe', '--all', '--yes'));
  const cloud = new CloudLeftovers(await openReal(t));
  const account = {
    ...{ os_auth_url: env['OS_AUTH_URL'], os_username: env['OS_USERNAME'], os_password: env['OS_PASSWORD'] },
    ...{ os_tenant_name: env['OS_PROJECT_NAME'], os_user_domain: env['OS_USER_DOMAIN_NAME'] },
    ...{ os_project_domain: env['OS_PROJECT_DOMAIN_NAME'], client_version: '2', flavor: FLAVOR },
    ...{ build_wait_timeout: 0, missing_timeout: 900 },
  };
  const nics = [{ 'net-id': await cloud.network(NETWORK) }];
  const own = { ...account, password: PASSWORD, image: 'lab-linux', nova_args: { nics } };
  // Nobody stands in for a worker whose name ends so.
  const various = {
    lasting: { build_wait_timeout: 600 },
    silent: { missing_timeout: 60 },
    refused: { flavor: 'none' },
  };
  const kinds = { one: {}, two: {}, ...various };
  const workers = Object.fromEntries(
    Object.entries(kinds).flatMap(([name, more]) => [
      [name, more],
      [`own${name}`, { own: { ...own, ...more } }],
    ]),
  );
  const nameOf = (kind: Kind, name: keyof typeof kinds): string => (kind === 'own' ? `own${name}` : name);
  const master = new Master(directory, {
    port: PORT,
    command: ['sh', '-c', 'echo built'],
    worker: {
      ...{ ...account, virtbs: [process.execPath, join(home, 'bin', 'virtbs')], layers: 'roles', checkpoint: 'no' },
      ...{ config: [join(directory, 'cloud.yaml')], masterFQDN: '127.0.0.1' },
    },
    workers,
    builders: Object.fromEntries(Object.keys(workers).map((name) => [name, [name]])),
    starts: Object.fromEntries(KINDS.map((kind) => [`${kind}both`, [nameOf(kind, 'one'), nameOf(kind, 'two')]])),
  });
  await master.create();
  await master.start();
  t.teardown(async () => master.stop('SIGKILL'));
  await using _stand = await StandIn.start(directory, home);
  await using _own = OwnStandIn.start(cloud, { directory, home, password: PASSWORD });
  const rows: (readonly [string, ...string[]])[] = [];
  const row = (what: string, values: Readonly<Record<Kind, string>>): void => {
    rows.push([what, values.virtbs, values.own]);
    t.comment(`${what}: virtbs ${values.virtbs}; own ${values.own}`);
  };
  const clear = async (): Promise<void> => {
    await cloud.removeServers();
    await runVirtbs(directory, 'wipe', '--all', '--yes');
    await cloud.isEmpty();
  };
  const phases = env['COMPARE_PHASES']?.split(',');
  const phase = async (name: string, run: (t: Test) => Promise<void>): Promise<void> => {
    if (!phases || phases.includes(name)) await t.test(name, run);
  };

  await phase('one', async (t) => {
    const found = { virtbs: '', own: '' };
    const gone = { virtbs: '', own: '' };
    for (const kind of KINDS) {
      await master.change(nameOf(kind, 'one'));
      const [end] = await master.finished(nameOf(kind, 'one'), 1);
      t.match(end, { results: 'success', output: 'built\n' }, kind);
      const timed = await master.times(nameOf(kind, 'one'));
      found[kind] = `${seconds(timed.attached - timed.asked)}, ${seconds(timed.ended - timed.attached)}`;
      await cloud.isEmpty();
      gone[kind] = seconds(Date.now() - timed.ended);
    }
    row('asked to attached, build', found);
    row('build ended to nothing left', gone);
  });

  await phase('refused', async () => {
    const found = { virtbs: '', own: '' };
    for (const kind of KINDS) {
      await master.change(nameOf(kind, 'refused'));
      const [end] = await master.finished(nameOf(kind, 'refused'), 1);
      // A traceback, then the same as HTML.
      const words = end?.log.split('<div>')[0]?.trim().split('\n').at(-1) ?? '';
      found[kind] = `${end?.results}: ${words}; left: ${await cloud.left()}`;
    }
    row('a flavor that there is not', found);
  });

  await phase('silent', async (t) => {
    const found = { virtbs: '', own: '' };
    for (const kind of KINDS) {
      const asked = Date.now();
      await master.change(nameOf(kind, 'silent'));
      const [end] = await master.finished(nameOf(kind, 'silent'), 1);
      const after = seconds(Date.now() - asked);
      await master.stop('SIGTERM');
      await delay(5000);
      found[kind] = `${end?.results} after ${after}; left: ${await cloud.left()}`;
      await clear();
      await master.start();
      t.ok(end, kind);
    }
    row('a worker that does not attach in 60 s', found);
  });

  await phase('killed', async (t) => {
    const [dead, back] = [
      { virtbs: '', own: '' },
      { virtbs: '', own: '' },
    ];
    for (const kind of KINDS) {
      await master.change(nameOf(kind, 'lasting'));
      const [end] = await master.finished(nameOf(kind, 'lasting'), 1);
      t.match(end, { results: 'success' }, kind);
      await master.stop('SIGKILL');
      await delay(30_000);
      dead[kind] = await cloud.left();
      const started = Date.now();
      await master.start();
      await Promise.race([cloud.isEmpty(), delay(120_000)]);
      const left = await cloud.left();
      back[kind] = left === 'nothing' ? `nothing after ${seconds(Date.now() - started)}` : `${left}, after 120 s`;
      await master.stop('SIGTERM');
      await clear();
      await master.start();
    }
    row('half a minute after the master was killed', dead);
    row('the master is started again, and no build asked for', back);
  });

  await phase('two', async (t) => {
    const found = { virtbs: '', own: '' };
    for (const kind of KINDS) {
      const asked = Date.now();
      await master.change(`${kind}both`);
      await master.finished(nameOf(kind, 'two'), 1);
      const ends = await master.finished(nameOf(kind, 'one'), phases ? 1 : 2);
      t.match(ends.at(-1), { results: 'success' }, kind);
      found[kind] = seconds(Date.now() - asked);
      await cloud.isEmpty();
    }
    row('two builds at once, asked to ended', found);
  });

  const lines = [['', 'VirtbsLatentWorker', 'OpenStackLatentWorker'], ['---', '---', '---'], ...rows];
  for (const line of lines) t.comment(`| ${line.join(' | ')} |`);
});

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
