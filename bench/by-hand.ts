import { access, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { slicePaths } from '../src/filenames.js';
import { buildXml } from '../src/libvirt/xml.js';
import { writeOutputFiles } from '../src/output/output-files.js';
import { packageDirectory } from '../src/package-directory.js';
import type { NetworkPlan, SlicePlan, VmPlan } from '../src/plan/plan.js';
import { runProgram } from '../src/process/run-program.js';
import { prepareSeeds } from '../src/slice/slice-creation.js';
import { CONTEXT, NO_JUMP, untilLogin, type FloorOptions } from './floor.js';

/** What `bench/by-hand` makes VMs with. */
export type HandTool = 'virsh' | 'virt-install';

/** Why a tool cannot take part here, or nothing. */
export async function handObstacle(tool: HandTool): Promise<string | undefined> {
  for (const program of [tool, 'genisoimage']) {
    const found = await Promise.any(['/usr/bin', '/usr/local/bin'].map((folder) => access(join(folder, program)))).then(
      () => true,
      () => false,
    );
    if (!found) return `${program} is not installed`;
  }
  return undefined;
}

/**
 * Milliseconds from the start of the script to the last login. All that a person would keep in a folder (XML, the files of the
 * seeds, keys) is made before; the script makes networks, disks and seeds, and starts the VMs.
 */
export async function measureByHand(tool: HandTool, plan: SlicePlan, options: FloorOptions): Promise<number> {
  const script = join(await packageDirectory(), 'bench', 'by-hand');
  const folder = join(options.outputDirectory, 'by-hand');
  await writeFolder(folder, plan, options);
  try {
    const start = performance.now();
    await runProgram(script, [tool, folder]);
    await Promise.all(plan.vms.map((vm) => untilLogin(plan, vm, options.outputDirectory)));
    return performance.now() - start;
  } finally {
    await runProgram(script, ['down', folder]);
    await rm(folder, { recursive: true });
    await rm(slicePaths(options.root, plan.slice).directory, { recursive: true, force: true });
  }
}

async function writeFolder(folder: string, plan: SlicePlan, options: FloorOptions): Promise<void> {
  const paths = slicePaths(options.root, plan.slice);
  const { keys, seeds } = await prepareSeeds(plan, paths, CONTEXT);
  for (const name of ['networks', 'domains', 'vms']) await mkdir(join(folder, name), { recursive: true });
  await symlink(options.image.path, join(folder, 'base'));
  await writeFile(join(folder, 'size'), String(plan.vms[0]?.disks[0]?.sizeBytes));
  for (const network of plan.networks)
    await writeFile(join(folder, 'networks', `${network.bridge}.xml`), networkXml(network));
  for (const vm of plan.vms) {
    const directory = join(folder, 'vms', vm.hostname);
    await mkdir(directory);
    const seed = seeds.get(vm.hostname);
    await writeFile(join(directory, 'meta-data'), seed?.metaData ?? '');
    await writeFile(join(directory, 'user-data'), seed?.userData ?? '');
    await writeFile(join(directory, 'network-config'), seed?.networkConfig ?? '');
    await writeFile(join(folder, 'domains', `${vm.hostname}.xml`), domainXml(plan, vm, { folder, options }));
    await writeFile(join(directory, 'install'), installWords(plan, vm, { folder, options }).join('\n'));
  }
  await writeOutputFiles(plan, {
    paths,
    outputDirectory: options.outputDirectory,
    hostKeys: keys.hosts,
    jump: NO_JUMP,
  });
}

function networkXml({ bridge, mac, forward, ipv4 }: NetworkPlan): string {
  return buildXml('network', {
    name: bridge,
    ...(forward !== 'none' && { forward: { $: { mode: forward } } }),
    bridge: { $: { name: bridge, stp: 'off', delay: '0' } },
    mac: { $: { address: mac } },
    ...(ipv4.host !== null && { ip: { $: { address: ipv4.host, prefix: ipv4.cidr.split('/')[1] ?? '24' } } }),
  });
}

interface Where {
  readonly folder: string;
  readonly options: FloorOptions;
}

function bridgeOf(plan: SlicePlan, network: string): string {
  return plan.networks.find(({ name }) => name === network)?.bridge ?? '';
}

function domainXml(plan: SlicePlan, vm: VmPlan, { folder, options: { image, accelerator } }: Where): string {
  const directory = join(folder, 'vms', vm.hostname);
  const disk = (file: string, type: string, dev: string) => ({
    $: { type: 'file', device: 'disk' },
    driver: { $: { name: 'qemu', type, cache: 'unsafe' } },
    source: { $: { file: join(directory, file) } },
    target: { $: { dev, bus: 'virtio' } },
  });
  return buildXml('domain', {
    $: { type: accelerator === 'kvm' ? 'kvm' : 'qemu' },
    name: vm.hostname,
    memory: { $: { unit: 'MiB' }, _: vm.memoryMiB },
    vcpu: vm.vcpu,
    os: { type: { $: { arch: 'x86_64', machine: 'q35' }, _: 'hvm' }, ...image.boot },
    features: { acpi: null },
    cpu: { $: { mode: accelerator === 'kvm' ? 'host-passthrough' : 'maximum' } },
    devices: {
      disk: [disk('root.qcow2', 'qcow2', 'vda'), disk('seed.iso', 'raw', 'vdb')],
      controller: [{ $: { type: 'usb', model: 'none' } }],
      interface: vm.interfaces.map(({ network, mac }) => ({
        $: { type: 'network' },
        mac: { $: { address: mac } },
        source: { $: { network: bridgeOf(plan, network) } },
        model: { $: { type: 'virtio' } },
      })),
      serial: { $: { type: 'pty' } },
    },
  });
}

function installWords(plan: SlicePlan, vm: VmPlan, { folder, options: { image, accelerator } }: Where): string[] {
  const directory = join(folder, 'vms', vm.hostname);
  const { boot } = image;
  return [
    ...['--import', '--noautoconsole', '--graphics', 'none', '--osinfo', 'detect=off,require=off'],
    ...['--virt-type', accelerator === 'kvm' ? 'kvm' : 'qemu', '--machine', 'q35'],
    ...['--cpu', `mode=${accelerator === 'kvm' ? 'host-passthrough' : 'maximum'}`, '--controller', 'usb,model=none'],
    ...['--name', vm.hostname, '--memory', String(vm.memoryMiB), '--vcpus', String(vm.vcpu)],
    ...['--disk', `path=${join(directory, 'root.qcow2')},bus=virtio,cache=unsafe`],
    ...['--disk', `path=${join(directory, 'seed.iso')},bus=virtio,format=raw`],
    ...vm.interfaces.flatMap(({ network, mac }) => [
      '--network',
      `network=${bridgeOf(plan, network)},mac=${mac},model=virtio`,
    ]),
    ...(boot ? ['--boot', `kernel=${boot.kernel},initrd=${boot.initrd},kernel_args=${boot.cmdline}`] : []),
  ];
}
