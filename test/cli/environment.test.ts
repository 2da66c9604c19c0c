import { join } from 'node:path';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { run, type Ending } from '../e2e/run-virtbs.js';
import { noLibvirt } from '../libvirt/no-libvirt.js';
import { runLine } from './run-line.js';

async function runWith(variables: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ending> {
  return await runLine(args, { cwd: t.testdirName, variables });
}

t.before(() => {
  t.testdir({
    'a.yaml': 'network_flags: { net: { mtu: 1400 } }\n',
    'b.yaml': 'network_flags: { net: { mtu: 1300 }, data: { mtu: 1300 } }\n',
  });
});

t.test('an option that the line does not have is read from the environment', async (t) => {
  const { stdout } = await runWith({ VIRTBS_SLICE: '3', VIRTBS_JSON: 'yes' }, 'plan', 'roles', 'controller');
  t.match(JSON.parse(stdout), { slice: 3 });
  const other = { VIRTBS_SLICE: '3', VIRTBS_JSON: '1' };
  const given = await runWith(other, '-s', '2', '--no-json', 'plan', 'roles', 'plain');
  t.match(given.stdout, /^slice 2\n/, 'the line wins');
  const empty = await runWith({ VIRTBS_SLICE: '' }, 'plan', 'roles', 'plain');
  t.match(empty.stdout, /^slice 1\n/, 'empty is unset');
});

t.test('the option of a command has a variable, which its help shows', async (t) => {
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  const { stdout } = await run('/', ['env', 'VIRTBS_TIMEOUT=90s', process.execPath, virtbs, 'cycle', '--help']);
  t.match(stdout, /default: 90s, from VIRTBS_TIMEOUT/);
  const { code, stderr } = await runWith({ VIRTBS_TIMEOUT: 'soon' }, 'cycle', 'roles', 'plain');
  t.equal(code, 2);
  t.match(stderr, /"soon"/);
});

t.test('a list is separated by colons, and overrides stand on lines of their own', async (t) => {
  const files = await runWith({ VIRTBS_CONFIG: 'a.yaml:b.yaml', VIRTBS_JSON: '1' }, 'plan', 'roles', 'controller');
  t.match(JSON.parse(files.stdout), { networks: [{ mtu: 1300 }, { mtu: 1300 }] });
  const sets = { VIRTBS_SET_LITERAL: 'network_flags.net.mtu=1400\nnetwork_flags.data.mtu=1300', VIRTBS_JSON: '1' };
  const { stdout } = await runWith(sets, '-e', 'network_flags.data.mtu=1290', 'plan', 'roles', 'controller');
  t.match(JSON.parse(stdout), { networks: [{ mtu: 1400 }, { mtu: 1290 }] });
});

t.test(
  'a slice that is chosen in the environment is no obstacle where none is meant',
  { skip: noLibvirt },
  async (t) => {
    const automatic = { VIRTBS_SLICE: 'auto', VIRTBS_ROOT: `${t.testdirName}/root`, VIRTBS_CONNECT: 'test:///default' };
    for (const line of ['reap --dry-run', 'config', 'wipe --all --dry-run', 'wipe --session --dry-run']) {
      t.match(await runWith(automatic, ...line.split(' ')), { code: 0 }, line);
    }
    t.match(await runWith(automatic, 'wipe'), { code: 1, stderr: /no slice is leased for this session/ });
    t.match(await runWith(automatic, '-s', '3', 'wipe'), { code: 0, stdout: 'slice 3 is empty' });
  },
);

t.test('a wrong value is told by the name of where it came from', async (t) => {
  const alone = await runWith({ VIRTBS_SLICE: 'foo' }, 'plan', 'roles', 'plain');
  t.match(alone, { code: 2, stderr: /^error: VIRTBS_SLICE: "foo" is not a number\nhint: / });
  const given = await runWith({ VIRTBS_SLICE: 'foo' }, '-s', 'bar', 'cycle', 'roles', 'plain');
  t.match(given, { code: 2, stderr: /^error: --slice: "bar" is not a number/ });
  const time = await runWith({ VIRTBS_TIMEOUT: 'soon' }, '-s', '1', 'cycle', 'roles', 'plain');
  t.match(time.stderr, /^error: VIRTBS_TIMEOUT: "soon" is not a duration/);
  const large = await runWith({ VIRTBS_SLICE: '999' }, 'plan', 'roles', 'plain');
  t.match(large.stderr, /^error: VIRTBS_SLICE 999 does not fit/);
});

t.test('a flag that is neither true nor false is refused', async (t) => {
  t.match(await runWith({ VIRTBS_QUIET: 'maybe' }, 'plan', 'roles', 'plain'), {
    code: 2,
    stderr: /VIRTBS_QUIET: "maybe" is neither true nor false/,
  });
});
