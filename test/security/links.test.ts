import { lchown, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { geteuid } from 'node:process';
import t, { type Test } from 'tap';
import { createDiskMaker } from '../../src/driver/libvirt/make-disks.js';
import { lockFile } from '../../src/files/lock-file.js';
import { prepareRoot } from '../../src/files/prepare-root.js';
import { writeFileAtomic } from '../../src/files/write-file-atomic.js';
import { writeNewFile } from '../../src/files/write-new-file.js';
import { consolePath, diskPath, leasePaths, rootPaths, seedPath, slicePaths } from '../../src/filenames.js';
import { openBuildLog } from '../../src/image/build-log.js';
import { readySliceKeys } from '../../src/key/slice-keys.js';
import type { VmPlan } from '../../src/plan/plan.js';
import { writeSeedImage } from '../../src/seed/write-seed-image.js';
import { isKeptVms } from '../../src/driver/is-kept-vms.js';
import { readSliceRecord } from '../../src/slice/slice-record.js';
import { prepareSliceDirectories } from '../../src/slice/prepare-slice-directories.js';
import { planOf } from '../plan/plan-of.js';

const { signal } = new AbortController();
/** The user `nobody` of most systems; any number that is not ours will do. */
const OTHER = 65_534;
const skip = geteuid?.() === 0 ? false : 'a link of another user can only be made by root';

/** A root, and a folder elsewhere in which nothing of ours may land. */
async function setUp(t: Test): Promise<{ root: string; elsewhere: string; plant: (path: string) => Promise<void> }> {
  const directory = t.testdir({ root: {}, elsewhere: { file: 'precious\n' } });
  const elsewhere = join(directory, 'elsewhere');
  const plant = async (path: string): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    await symlink(elsewhere, path);
    await lchown(path, OTHER, OTHER);
  };
  return { root: join(directory, 'root'), elsewhere, plant };
}

async function assertUntouched(t: Test, elsewhere: string): Promise<void> {
  t.strictSame(await readdir(elsewhere), ['file']);
  t.equal(await readFile(join(elsewhere, 'file'), 'utf8'), 'precious\n');
}

t.test("another user's link in the place of a folder is refused, with what to do", { skip }, async (t) => {
  for (const name of ['images', 'downloads', 'leases', 'locks', 'slices'] as const) {
    const { root, elsewhere, plant } = await setUp(t);
    await plant(rootPaths(root)[name]);
    await t.rejects(prepareRoot(root), {
      code: 'file-foreign',
      message: new RegExp(`/${name} is a link`),
      hint: /rm /,
    });
    await assertUntouched(t, elsewhere);
  }
  for (const name of ['directory', 'disks', 'seeds', 'logs', 'mux', 'snapshots', 'layers'] as const) {
    const { root, elsewhere, plant } = await setUp(t);
    await plant(slicePaths(root, 1)[name]);
    await t.rejects(prepareSliceDirectories(slicePaths(root, 1)), { code: 'file-foreign' }, name);
    await assertUntouched(t, elsewhere);
  }
  for (const path of ['keys', 'keys/bs1']) {
    const { root, elsewhere, plant } = await setUp(t);
    await plant(join(root, path));
    const keys = readySliceKeys(slicePaths(root, 1), 1, { hostnames: [], signal });
    await t.rejects(keys, { code: 'file-foreign' }, path);
    await assertUntouched(t, elsewhere);
  }
});

t.test('the link of whoever calls is followed: folders may be on another disk', async (t) => {
  const { root, elsewhere } = await setUp(t);
  await mkdir(join(elsewhere, 'images'));
  await symlink(join(elsewhere, 'images'), rootPaths(root).images);
  await t.resolves(prepareRoot(root));
});

t.test('no file is written through a link, whoever made it', async (t) => {
  const { root, elsewhere } = await setUp(t);
  const target = join(elsewhere, 'file');
  const paths = slicePaths(root, 1);
  await prepareRoot(root);
  await prepareSliceDirectories(paths);
  const [vm] = (await planOf(1, 'disk:1')).vms as [VmPlan];
  const blank = { ...vm, disks: vm.disks.map((disk) => ({ ...disk, slot: null })) };
  const planted = [
    consolePath(paths, vm.hostname),
    seedPath(paths, vm.hostname),
    paths.record,
    leasePaths(root, 1).record,
    join(paths.disks, '.pristine-0.qcow2'),
    ...vm.disks.map(({ name }) => diskPath(paths, vm.hostname, name)),
  ];
  for (const path of planted) await symlink(target, path);

  await writeNewFile(consolePath(paths, vm.hostname));
  await writeSeedImage(seedPath(paths, vm.hostname), { metaData: '', userData: '', networkConfig: '' }, signal);
  await writeFileAtomic(paths.record, '{}');
  await writeFileAtomic(leasePaths(root, 1).record, '{}');
  await createDiskMaker({ paths, images: new Map(), signal })(blank);
  await assertUntouched(t, elsewhere);
  for (const path of planted) t.ok((await stat(path)).isFile(), path);
});

t.test('nor is a lock', async (t) => {
  const { root, elsewhere } = await setUp(t);
  await prepareRoot(root);
  await symlink(join(elsewhere, 'file'), slicePaths(root, 1).lock);
  await t.rejects(lockFile(slicePaths(root, 1).lock, { holder: 'test', signal }), { code: 'file-foreign' });
  await assertUntouched(t, elsewhere);
});

t.test('the log of a failed build goes nowhere else', { skip }, async (t) => {
  const { root, elsewhere, plant } = await setUp(t);
  await prepareRoot(root);
  await plant(rootPaths(root).logs);
  const path = join(root, 'build.log');
  await using log = openBuildLog({ root, slot: 'mini', path, emit: () => undefined });
  log.write('a line');
  t.equal(await log.keep(), null);
  await assertUntouched(t, elsewhere);
});

t.test('what holds secrets is open to nobody else, whatever the umask', async (t) => {
  const before = process.umask(0o000);
  t.teardown(() => process.umask(before));
  const { root } = await setUp(t);
  const paths = slicePaths(root, 1);
  await prepareRoot(root);
  await prepareSliceDirectories(paths);
  await readySliceKeys(paths, 1, { hostnames: ['controller-02'], signal });
  await writeSeedImage(seedPath(paths, 'controller-02'), { metaData: '', userData: '', networkConfig: '' }, signal);
  await writeNewFile(consolePath(paths, 'controller-02'));
  await using _lock = await lockFile(paths.lock, { holder: 'test', signal });
  await writeFile(join(root, 'other'), '');
  const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
  const secrets = [
    [paths.keys, '700'],
    [paths.privateKey, '600'],
    [join(paths.keys, 'controller-02_host_ed25519'), '600'],
    [seedPath(paths, 'controller-02'), '600'],
    [consolePath(paths, 'controller-02'), '600'],
    [paths.mux, '700'],
    [paths.lock, '600'],
    [paths.seeds, '711'],
    [paths.disks, '711'],
    [paths.snapshots, '711'],
    [paths.directory, '755'],
    [rootPaths(root).leases, '755'],
  ] as const;
  for (const [path, mode] of secrets) t.equal(await modeOf(path), mode, path);
});

t.test('a root, and folders in it, of another user are refused, with what to do', { skip }, async (t) => {
  for (const name of ['root', 'slices', 'locks', 'images'] as const) {
    const { root } = await setUp(t);
    await prepareRoot(root);
    await lchown(rootPaths(root)[name], OTHER, OTHER);
    await t.rejects(
      prepareRoot(root),
      { code: 'file-foreign', message: /belongs to the user 65534/, hint: /chown/ },
      name,
    );
  }
  const { root } = await setUp(t);
  await mkdir(join(root, 'keys'), { recursive: true });
  await lchown(join(root, 'keys'), OTHER, OTHER);
  await t.rejects(readySliceKeys(slicePaths(root, 1), 1, { hostnames: [], signal }), { code: 'file-foreign' });
});

t.test('records are not believed: what they name stays in its folder, or is a file that virtbs writes', async (t) => {
  const { root } = await setUp(t);
  const paths = slicePaths(root, 1);
  await mkdir(paths.directory, { recursive: true });
  const files = ['/etc/passwd', '/home/me/sshconf-bs1', '/home/me/sshconf-bs2', 'hosts-bs1'];
  await writeFile(paths.record, JSON.stringify({ version: 1, files }));
  t.strictSame((await readSliceRecord(paths)).files, ['/home/me/sshconf-bs1']);
  for (const [hostname, layer] of [
    ['plain-60', 'plain-60-root-1.qcow2'],
    ['../../x', 'a'],
    ['plain-60', '../a'],
    ['..', 'a'],
  ] as const) {
    const vms = [{ hostname, power: 'off', disks: [{ name: 'root', layer, sizeBytes: 1 }] }];
    t.equal(isKeptVms(vms), hostname === 'plain-60' && !layer.includes('/'), `${hostname} ${layer}`);
  }
});
