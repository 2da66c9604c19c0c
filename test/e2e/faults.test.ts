import { chmod, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { DEFAULT_ROOT, rootPaths } from '../../src/filenames.js';
import { makeDiskImages } from '../image/disk-images.js';
import { startImageServer } from '../image/image-server.js';
import { listTree } from '../image/list-tree.js';
import { findEmulatorUser, runEmulatorsAs } from './emulator-user.js';
import { noLab, run, runVirtbs, type Ending } from './run-virtbs.js';

/** All that a cycle that fails early must leave alone: the running VMs, by their ids of this very run, and the store. */
async function takeState(directory: string): Promise<readonly string[]> {
  const { images, downloads } = rootPaths(DEFAULT_ROOT);
  const { stdout } = await run(directory, ['virsh', '-q', 'list', '--all']);
  return [stdout, ...(await listTree(images)), ...(await listTree(downloads))];
}

async function withSlice(t: Test, work: (directory: string) => Promise<void>): Promise<void> {
  const directory = t.testdir();
  try {
    const { code, stderr } = await runVirtbs(directory, '-q', 'cycle', 'roles', 'plain:1');
    t.equal(code, 0, stderr);
    if (code === 0) await work(directory);
  } finally {
    t.equal((await runVirtbs(directory, '-q', 'wipe')).code, 0);
  }
}

/** A cycle that wants an image by this recipe, on the slice that is running. */
async function cycleOn(directory: string, recipe: object): Promise<Ending> {
  const image = ['-E', `image_flow.bad=${JSON.stringify({ image_download: recipe })}`];
  const role = ['-e', 'machine_matrix.roles.plain.disks.root.image_slot=bad'];
  return await runVirtbs(directory, ...image, ...role, 'cycle', 'roles', 'plain:1');
}

t.test('an image that cannot be had leaves the running slice alone', { skip: noLab }, async (t) => {
  await withSlice(t, async (directory) => {
    const { qcow2 } = await makeDiskImages(directory);
    const backed = join(directory, 'backed.qcow2');
    await run(directory, ['qemu-img', 'create', '-q', '-f', 'qcow2', '-b', '/etc/passwd', '-F', 'raw', backed, '1M']);
    await run(directory, ['tar', '-cf', 'a.tar', 'disk.qcow2']);
    await using server = await startImageServer({
      '/disk.qcow2': qcow2,
      '/page': '<html><title>Login</title>',
      '/backed.qcow2': await readFile(backed),
      '/a.tar': await readFile(join(directory, 'a.tar')),
      '/loop': (_, response) => void response.writeHead(302, { location: '/loop' }).end(),
    });
    const { url } = server;
    const faults: readonly (readonly [object, RegExp])[] = [
      [{ url: `${url}/disk.qcow2`, sha256: '0'.repeat(64) }, /has sha256:[0-9a-f]+, expected sha256:0000/],
      [{ url: `${url}/none`, insecure: true }, /answered 404 Not Found/],
      [{ url: `${url}/loop`, insecure: true }, /more than 10 redirects/],
      [{ url: `${url}/page`, insecure: true }, /a web page instead of an image: "Login"/],
      [{ url: `${url}/backed.qcow2`, insecure: true }, /has a backing file and is refused/],
      [{ url: `${url}/a.tar`, insecure: true, member: 'disk.raw' }, /no archive that has "disk\.raw"/],
      [{ url: 'http://127.0.0.1:9/disk.qcow2', insecure: true }, /refuses the connection/],
      [{ url: [`${url}/none`, `${url}/page`], insecure: true }, /none of 2 mirrors has the image/],
      [
        { url: `${url}/disk.qcow2`, sha256: `${url}/page`, keyring: join(directory, 'no.gpg') },
        /no\.gpg cannot be read: ENOENT/,
      ],
    ];
    const before = await takeState(directory);
    for (const [recipe, cause] of faults) {
      const { code, stderr } = await cycleOn(directory, recipe);
      t.equal(code, 1);
      t.match(stderr, cause);
      t.match(stderr, /^error: image bad: .*\n(?: .*\n)*hint: .+/m, 'cause and cure');
      t.strictSame(await takeState(directory), before, String(cause));
    }
  });
});

const { uid = 0, skip = 'no user that libvirt runs emulators as' } = await findEmulatorUser();

t.test('a root that the emulator’s user cannot pass leaves the running slice alone', { skip }, async (t) => {
  await runEmulatorsAs(t, uid);
  const before = process.umask(0o077);
  t.teardown(() => process.umask(before));
  await withSlice(t, async (directory) => {
    t.equal((await run(directory, ['ssh', '-F', 'sshconf-bs1', 'plain', 'hostname'])).stdout, 'plain-60');
    const state = await takeState(directory);
    const { mode } = await stat(DEFAULT_ROOT);
    await chmod(DEFAULT_ROOT, 0o700);
    const { code, stderr } = await runVirtbs(directory, 'cycle', 'roles', 'plain:1');
    t.equal(code, 1);
    t.match(stderr, `as user ${uid}, cannot pass ${DEFAULT_ROOT} (mode 0700)`);
    t.match(stderr, `hint: chmod o+x ${DEFAULT_ROOT}`);
    t.strictSame(await takeState(directory), state);
    await run(directory, ['setfacl', '-m', `u:${uid}:x`, DEFAULT_ROOT]);
    const listed = await runVirtbs(directory, 'cycle', 'roles', 'plain:1', '--dry-run');
    const supported = (await run(directory, ['getfacl', DEFAULT_ROOT])).stdout.includes(':--x');
    if (supported) t.equal(listed.code, 0, listed.stderr);
    await run(directory, ['setfacl', '-b', DEFAULT_ROOT]);
    await chmod(DEFAULT_ROOT, mode & 0o7777);
  });
});

t.test(
  'a bridge that a killed libvirt daemon forgot is taken away; one of somebody else is not',
  { skip: noLab },
  async (t) => {
    const directory = t.testdir();
    const cycle = ['cycle', 'roles', 'pxe:1', '--no-wait'];
    const shell = async (command: string): Promise<Ending> => await run(directory, ['sh', '-c', command]);
    t.equal((await runVirtbs(directory, ...cycle)).code, 0);
    const { stdout: address } = await shell('cat /sys/class/net/bs1-net/address');
    const lose = async (mac: string): Promise<void> => {
      const lost = await shell(`virsh -q net-destroy bs1-net && ip link add bs1-net address ${mac} type bridge`);
      t.equal(lost.code, 0, lost.stderr);
    };
    await lose(address);
    const again = await runVirtbs(directory, ...cycle);
    t.equal(again.code, 0, again.stderr);
    await lose(address);
    t.equal((await runVirtbs(directory, 'wipe')).code, 0);
    t.equal((await shell('test -e /sys/class/net/bs1-net')).code, 1, 'no bridge is left');

    t.equal((await runVirtbs(directory, ...cycle)).code, 0);
    await lose('52:54:00:99:99:99');
    t.equal((await runVirtbs(directory, 'wipe')).code, 0);
    t.equal((await shell('ip link delete dev bs1-net')).code, 0, 'it is still there');
  },
);
