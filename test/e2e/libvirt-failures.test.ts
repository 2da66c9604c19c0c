import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { ErrorCode } from '../../src/error-kinds.js';
import { describeFailure } from '../../src/libvirt/describe-failure.js';
import { LibvirtError } from '../../src/libvirt/libvirt-error.js';
import { openLibvirt } from '../../src/libvirt/open-libvirt.js';
import { findEmulatorUser, runEmulatorsAs } from './emulator-user.js';
import { noLab, run } from './run-virtbs.js';

interface Parts {
  readonly name?: string;
  readonly type?: string;
  readonly os?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly devices?: string;
}

const DISK = (path: string) =>
  `<disk type="file"><driver name="qemu" type="qcow2"/><source file="${path}"/><target dev="vda" bus="virtio"/></disk>`;

function domain({
  name = 'failing',
  type = 'qemu',
  os = '<os><type>hvm</type></os>',
  cpu = '',
  memory = '32',
  devices = '',
}: Parts) {
  return `<domain type="${type}"><name>${name}</name><memory unit="MiB">${memory}</memory>
${os}<features><acpi/></features>${cpu}<devices>${devices}</devices></domain>`;
}

function network(name: string, bridge: string, net: string): string {
  return `<network><name>${name}</name><bridge name="${bridge}"/><ip address="${net}.1" netmask="255.255.255.0">
<dhcp><range start="${net}.10" end="${net}.20"/></dhcp></ip></network>`;
}

/** Does something while there is an empty folder, or an empty file, in the place of what is at the path. */
async function covered(path: string, work: () => Promise<void>): Promise<void> {
  const isFolder = (await stat(path)).isDirectory();
  await run('/', isFolder ? ['mount', '-t', 'tmpfs', 'tmpfs', path] : ['mount', '--bind', '/dev/null', path]);
  try {
    await work();
  } finally {
    await run('/', ['umount', path]);
  }
}

t.test('each reason of libvirt that users meet has its code and its cure', { skip: noLab }, async (t) => {
  const directory = t.testdir();
  await using libvirt = await openLibvirt('qemu:///system');
  const disk = join(directory, 'disk.qcow2');
  await run(directory, ['qemu-img', 'create', '-q', '-f', 'qcow2', disk, '1M']);
  const told = async (work: Promise<unknown>): Promise<unknown> => {
    const error: unknown = await work.catch((reason: unknown) => reason);
    if (!(error instanceof LibvirtError)) return error;
    return describeFailure('x', error);
  };
  const failing = async (code: ErrorCode, xml: string): Promise<void> => {
    await run('/', ['virsh', '-q', 'destroy', 'failing']);
    t.match(await told(libvirt.runDomain(xml)), { code, hint: code === 'libvirt-failed' ? undefined : /./ }, code);
  };
  await failing('machine-unsupported', domain({ os: '<os><type machine="pc-q35-99.0">hvm</type></os>' }));
  await failing('emulator-file-missing', domain({ devices: DISK(join(directory, 'none.qcow2')) }));
  await failing('emulator-missing', domain({ devices: '<emulator>/usr/bin/none</emulator>' }));
  await failing('not-enough-memory', domain({ memory: '80000000' }));
  await failing(
    'cpu-unsupported',
    domain({ cpu: '<cpu mode="custom" match="exact" check="full"><model>EPYC-Rome</model></cpu>' }),
  );
  await failing('cpu-unsupported', domain({ cpu: '<cpu mode="custom" match="exact"><model>nosuch</model></cpu>' }));
  await failing('cpu-unsupported', domain({ cpu: '<cpu mode="host-passthrough"/>' }));
  await failing('libvirt-unsupported', domain({ devices: '<video><model type="xen"/></video>' }));
  await covered('/usr/share/qemu/firmware', async () => {
    await failing('firmware-missing', domain({ os: '<os firmware="efi"><type machine="q35">hvm</type></os>' }));
  });
  if (await stat('/dev/kvm').catch(() => null)) {
    await covered('/dev/kvm', () => failing('kvm-unusable', domain({ type: 'kvm' })));
  }
  await libvirt.runDomain(domain({ name: 'holder', devices: DISK(disk) }));
  t.teardown(async () => {
    await run('/', ['virsh', 'destroy', 'holder']);
    await run('/', ['virsh', 'undefine', 'first']);
  });
  await failing('disk-in-use', domain({ devices: DISK(disk) }));
  await libvirt.defineDomain(domain({ name: 'first' }));
  t.match(
    await told(
      libvirt.defineDomain(
        domain({ name: 'first' }).replace('<memory', '<uuid>0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f</uuid><memory'),
      ),
    ),
    { code: 'name-taken' },
  );
  t.match(await told(libvirt.startDomain('nobody')), { code: 'libvirt-gone' });
  await run('/', ['mkdir', join(directory, 'full')]);
  await run('/', ['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', join(directory, 'full')]);
  t.match(await told(libvirt.saveDomain('holder', join(directory, 'full', 'memory'))), { code: 'not-enough-disk' });
  t.match(await told(libvirt.saveDomain('holder', join(directory, 'none', 'memory'))), {
    code: 'emulator-file-missing',
  });
  await run('/', ['umount', join(directory, 'full')]);
  const socket = createSocket('udp4').bind(67, '0.0.0.0');
  await once(socket, 'listening');
  t.match(await told(libvirt.runNetwork(network('failing', 'virfail', '10.99.0'))), { code: 'address-in-use' });
  socket.close();
  await run('/', ['virsh', '-q', 'net-destroy', 'failing']);
  await run('/', ['ip', 'link', 'add', 'taken', 'type', 'bridge']);
  await run('/', ['ip', 'addr', 'add', '10.99.0.1/24', 'dev', 'taken']);
  await run('/', ['ip', 'link', 'set', 'taken', 'up']);
  t.match(await told(libvirt.runNetwork(network('failing', 'virfail', '10.99.0'))), { code: 'network-clash' });
  t.match(await told(libvirt.runNetwork(network('failing', 'taken', '10.99.7'))), { code: 'name-taken' });
});

const { uid = 0, skip = 'no user that libvirt runs emulators as' } = await findEmulatorUser();

t.test('a file that the emulator may not open has its code and its cure', { skip }, async (t) => {
  await runEmulatorsAs(t, uid);
  const home = await mkdtemp('/var/tmp/virtbs-denied-');
  t.teardown(() => rm(home, { recursive: true, force: true }));
  const disk = join(home, 'disk.qcow2');
  await run('/', ['qemu-img', 'create', '-q', '-f', 'qcow2', disk, '1M']);
  await using libvirt = await openLibvirt('qemu:///system');
  const error: unknown = await libvirt.runDomain(domain({ devices: DISK(disk) })).catch((reason: unknown) => reason);
  if (!(error instanceof LibvirtError)) throw error;
  t.match(describeFailure('x', error), { code: 'emulator-denied', hint: /chmod o\+x/ }, error.message);
});
