import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { run, runVirtbs, noLab } from './run-virtbs.js';

const ROLE = 'machine_matrix.roles.plain';

/** Plans that this host cannot build, and what is said of them. */
const REFUSED: readonly (readonly [what: string, settings: readonly string[], message: RegExp])[] = [
  ['KVM', [`${ROLE}.virt_type=kvm`], /plain-60: "virt_type: kvm", and this host has no KVM: /],
  ['processors', [`${ROLE}.vcpu=300`, 'capacity.vcpu_overcommit=10000'], /plain-60: libvirt refuses it: .*CPUs/],
  ['an MTU', ['network_flags.net.mtu=1200'], /net: an mtu of 1200 is too small/],
  ['a processor', ['capacity.vcpu_overcommit=0.001'], /need 1 vcpus/],
  ['a disk', [`${ROLE}.disks.root.size=64MiB`], /disk "root" of role "plain" has 67108864 bytes/],
  ['a disk name', [`${ROLE}.disks.virtbs-seed={size: 1GiB}`], /no disk can have the name "virtbs-seed"/],
];

/** What stands of slice 1, by its ids: a VM that was made anew has another. */
async function standing(directory: string): Promise<string> {
  const { stdout } = await run(directory, ['virsh', 'list']);
  return stdout;
}

/** A cycle that fails with a message and touches nothing. */
async function refuses(t: Test, directory: string, args: readonly string[], message: RegExp): Promise<void> {
  const before = await standing(directory);
  const { code, stderr } = await runVirtbs(directory, 'cycle', '--no-wait', ...args);
  t.not(code, 0, stderr);
  t.match(stderr, message);
  t.equal(await standing(directory), before, 'the old slice goes on');
}

t.test('a plan that this host cannot build is refused while the old slice stands', { skip: noLab }, async (t) => {
  const directory = t.testdir();
  const made = await runVirtbs(directory, 'cycle', '--no-wait', 'roles', 'plain:1');
  t.equal(made.code, 0, made.stderr);
  try {
    for (const [what, settings, message] of REFUSED) {
      const kvm = /^flags\s*:.*\b(?:vmx|svm)\b/m.test((await run(directory, ['cat', '/proc/cpuinfo'])).stdout);
      if (what === 'KVM' && kvm) continue;
      const literals = settings.flatMap((setting) => ['-E', setting]);
      await t.test(what, (t) => refuses(t, directory, ['roles', 'plain:1', ...literals], message));
    }

    await t.test('devices', async (t) => {
      const disks = Array.from({ length: 280 }, (_, index) => `d${index}: { size: 1MiB }`).join(', ');
      const file = join(directory, 'many.yaml');
      await writeFile(file, `machine_matrix: { roles: { plain: { disks: { ${disks} } } } }\n`);
      await refuses(t, directory, ['-c', file, 'roles', 'plain:1'], /plain-60: libvirt refuses it: .*PCI/);
    });

    // Network "data" is new, its address is not on the host yet: on loopback it can be held.
    const added = await run(directory, ['ip', 'address', 'add', '172.16.18.1/32', 'dev', 'lo']);
    t.equal(added.code, 0, added.stderr);
    await t.test('a name server at the address of a network is told by its name', async (t) => {
      const server = createServer().listen(53, '172.16.18.1');
      await once(server, 'listening');
      try {
        const message = new RegExp(
          `bs1-data could not serve names \\(DNS\\): .*\\(pid ${process.pid}\\).*172.16.18.1:53`,
        );
        await refuses(t, directory, ['roles', 'controller:1'], message);
      } finally {
        server.close();
      }
    });
    await run(directory, ['ip', 'address', 'del', '172.16.18.1/32', 'dev', 'lo']);

    await t.test('an image that qemu would not use', async (t) => {
      const secret = ['--object', 'secret,id=s,data=abc', '-o', 'encrypt.format=aes,encrypt.key-secret=s'];
      await run(directory, ['qemu-img', 'create', '-q', '-f', 'qcow2', ...secret, 'locked.qcow2', '64M']);
      const image = await runVirtbs(directory, 'image', 'import', 'locked.qcow2', 'locked');
      t.match([image.code, image.stderr], [1, /locked\.qcow2: the image is encrypted/]);
    });

    await t.test('a port that is shared with others is in nobody’s way', async (t) => {
      const socket = createSocket({ type: 'udp4', reuseAddr: true });
      socket.bind({ port: 53, exclusive: true });
      await once(socket, 'listening');
      try {
        const { code, stderr } = await runVirtbs(directory, 'cycle', '--no-wait', 'roles', 'controller:1');
        t.equal(code, 0, stderr);
      } finally {
        socket.close();
      }
    });
  } finally {
    const wiped = await runVirtbs(directory, 'wipe');
    t.equal(wiped.code, 0, wiped.stderr);
  }

  await t.test('a port for DHCP that is held for oneself', async (t) => {
    const socket = createSocket('udp4');
    socket.bind({ port: 67, exclusive: true });
    await once(socket, 'listening');
    try {
      await refuses(t, directory, ['roles', 'plain:1'], /could not serve addresses \(DHCP\): .*udp 0\.0\.0\.0:67/);
      const { stdout } = await runVirtbs(directory, 'host', 'check');
      t.match(stdout, /dnsmasq .*holds udp 0\.0\.0\.0:67/);
    } finally {
      socket.close();
    }
  });
});
