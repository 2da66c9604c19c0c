import { join } from 'node:path';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { run, type Ending } from '../e2e/run-virtbs.js';

async function runWith(variables: readonly string[], ...args: readonly string[]): Promise<Ending> {
  const program = join(await packageDirectory(), 'bin', 'virtbs');
  return await run(t.testdirName, ['env', ...variables, process.execPath, program, ...args]);
}

t.before(() => {
  t.testdir({
    'a.yaml': 'network_flags: { net: { mtu: 1400 } }\n',
    'b.yaml': 'network_flags: { net: { mtu: 1300 }, data: { mtu: 1300 } }\n',
  });
});

t.test('an option that the line does not have is read from the environment', async (t) => {
  const { stdout } = await runWith(['VIRTBS_SLICE=3', 'VIRTBS_JSON=yes'], 'plan', 'roles', 'controller');
  t.match(JSON.parse(stdout), { slice: 3 });
  const given = await runWith(['VIRTBS_SLICE=3', 'VIRTBS_JSON=1'], '-s', '2', '--no-json', 'plan', 'roles', 'plain');
  t.match(given.stdout, /^slice 2\n/, 'the line wins');
  const empty = await runWith(['VIRTBS_SLICE='], 'plan', 'roles', 'plain');
  t.match(empty.stdout, /^slice 1\n/, 'empty is unset');
});

t.test('the option of a command has a variable, which its help shows', async (t) => {
  const { stdout } = await runWith(['VIRTBS_TIMEOUT=90s'], 'cycle', '--help');
  t.match(stdout, /default: 90s, from VIRTBS_TIMEOUT/);
  const { code, stderr } = await runWith(['VIRTBS_TIMEOUT=soon'], 'cycle', 'roles', 'plain');
  t.equal(code, 2);
  t.match(stderr, /"soon"/);
});

t.test('a list is separated by colons, and overrides stand on lines of their own', async (t) => {
  const files = await runWith(['VIRTBS_CONFIG=a.yaml:b.yaml', 'VIRTBS_JSON=1'], 'plan', 'roles', 'controller');
  t.match(JSON.parse(files.stdout), { networks: [{ mtu: 1300 }, { mtu: 1300 }] });
  const sets = ['VIRTBS_SET_LITERAL=network_flags.net.mtu=1400\nnetwork_flags.data.mtu=1300', 'VIRTBS_JSON=1'];
  const { stdout } = await runWith(sets, '-e', 'network_flags.data.mtu=1200', 'plan', 'roles', 'controller');
  t.match(JSON.parse(stdout), { networks: [{ mtu: 1400 }, { mtu: 1200 }] });
});

t.test('a slice that is chosen in the environment is no obstacle where none is meant', async (t) => {
  const automatic = ['VIRTBS_SLICE=auto', `VIRTBS_ROOT=${t.testdirName}/root`, 'VIRTBS_CONNECT=test:///default'];
  for (const line of ['reap --dry-run', 'config', 'wipe --all --dry-run', 'wipe --session --dry-run']) {
    t.match(await runWith(automatic, ...line.split(' ')), { code: 0 }, line);
  }
  t.match(await runWith(automatic, 'wipe'), { code: 1, stderr: /no slice is leased for this session/ });
  t.match(await runWith(automatic, '-s', '3', 'wipe'), { code: 0, stdout: 'slice 3 is empty' });
});

t.test('a flag that is neither true nor false is refused', async (t) => {
  t.match(await runWith(['VIRTBS_QUIET=maybe'], 'plan', 'roles', 'plain'), {
    code: 2,
    stderr: /VIRTBS_QUIET: "maybe" is neither true nor false/,
  });
});
