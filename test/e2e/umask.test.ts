import { chmod, cp, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { DEFAULT_ROOT } from '../../src/filenames.js';
import { packageDirectory } from '../../src/package-directory.js';
import { findEmulatorUser, runEmulatorsAs } from './emulator-user.js';
import { run, type Ending } from './run-virtbs.js';

const { uid = 0, skip = 'no user that libvirt runs emulators as' } = await findEmulatorUser();

/** Somebody who is neither root nor the emulator's user: whose the checkout is, as others may not be able to read it, or nobody. */
const owner = (await stat(await packageDirectory())).uid;
const SOMEBODY = String(owner === 0 ? 65534 : owner);

t.test('a user of the group libvirt with umask 077 can do all that others can', { skip }, async (t) => {
  await runEmulatorsAs(t, uid);
  // Not below the checkout, whose folders others may not be able to pass.
  const home = await mkdtemp('/var/tmp/virtbs-umask-');
  t.teardown(() => rm(home, { recursive: true, force: true }));
  await chmod(home, 0o755);
  const root = join(home, 'root');
  await mkdir(root);
  await cp(join(DEFAULT_ROOT, 'images'), join(root, 'images'), { recursive: true, verbatimSymlinks: true });
  await run('/', ['chown', '-R', `${SOMEBODY}:${SOMEBODY}`, home]);
  const group = (await run('/', ['getent', 'group', 'libvirt'])).stdout.split(':')[2] ?? SOMEBODY;
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  const become = ['setpriv', '--reuid', SOMEBODY, '--regid', SOMEBODY, '--groups', group];
  const call = async (...args: readonly string[]): Promise<Ending> => {
    const shell = ['sh', '-c', 'umask 077; exec "$@"', 'sh', 'env', `HOME=${home}`, process.execPath, virtbs];
    return await run(home, [...become, ...shell, '--root', root, ...args]);
  };
  t.teardown(() => call('wipe'));
  const done = async (...args: readonly string[]): Promise<Ending> => {
    const ending = await call(...args);
    t.equal(ending.code, 0, `${args.join(' ')}: ${ending.stderr}`);
    return ending;
  };
  t.match((await done('cycle', 'roles', 'plain:1', '--checkpoint=yes')).stderr, /slice 1: kept in/);
  await done('snapshot', 'kept');
  await done('restore', 'kept');
  t.equal((await done('ssh', 'plain', '--', 'hostname')).stdout, 'plain-60');
  t.match((await done('cycle', 'roles', 'plain:1', '--checkpoint=yes')).stdout, /from a checkpoint/);
  t.equal(
    (await done('with', '-s', '1', '--', 'sh', '-c', 'umask')).stdout,
    '0077',
    'what we run for the caller has its own',
  );
  await done('image', 'export', 'mini', 'mini.qcow2');
  t.equal((await stat(join(home, 'mini.qcow2'))).mode & 0o777, 0o600, 'and what we write for the caller');
  await done('wipe');
});
