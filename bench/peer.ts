import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { slicePaths } from '../src/filenames.js';
import { buildXml } from '../src/libvirt/xml.js';
import { writeOutputFiles } from '../src/output/output-files.js';
import { packageDirectory } from '../src/package-directory.js';
import type { NetworkPlan, SlicePlan, VmPlan } from '../src/plan/plan.js';
import { ProgramFailure, runProgram } from '../src/process/run-program.js';
import { GUEST_USER } from '../src/seed/seed.js';
import { prepareSeeds } from '../src/slice/slice-creation.js';
import { CONTEXT, NO_JUMP, untilLogin, type FloorOptions } from './floor.js';

/**
 * Something else that makes VMs: a program that is called as
 *
 *     can              ends well where it can be measured here; else the last line of its stderr is the reason
 *     prepare FOLDER   makes what a person has before; not measured
 *     up FOLDER        makes the VMs. The clock runs until it has ended and all of them answer ssh at their planned addresses
 *     down FOLDER      takes all away that `up` made
 *
 * FOLDER is new for each call of `prepare`, and has:
 *
 *     base, size                            the image (qcow2) that disks are made of, and their size; bytes
 *     kernel, initrd, cmdline               where the image boots by them
 *     accelerator                           kvm or tcg
 *     user, key                             who logs in, and with which private key
 *     subnets/NETWORK                       its address
 *     networks/NETWORK.xml, domains/VM.xml  what libvirt is given; whoever asks for a lease gets the planned address
 *     vms/VM/memory, vcpu                   MiB, number
 *     vms/VM/interfaces                     a line each: NETWORK MAC ADDRESS
 *     vms/VM/meta-data, user-data, network-config
 *     vms/VM/install                        the words for virt-install, one a line
 *     kept                                  a folder of the peer's own that stays for the whole run
 */
export interface Peer {
  readonly name: string;
  /** Its path. */
  readonly program: string;
}

/** Those of bench/peers, and those at paths; one at a path takes the place of one that has its name. */
export async function findPeers(paths: readonly string[]): Promise<readonly Peer[]> {
  const directory = join(await packageDirectory(), 'bench', 'peers');
  const known = (await readdir(directory)).filter((name) => /^[a-z-]+$/.test(name)).toSorted(byPlace);
  const programs = [...known.map((name) => join(directory, name)), ...paths.map((path) => resolve(path))];
  const peers = new Map(programs.map((program) => [basename(program), { name: basename(program), program }]));
  return [...peers.values()];
}

const FIRST = ['virsh', 'virt-install'];

function byPlace(one: string, other: string): number {
  const place = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return place(one) - place(other) || one.localeCompare(other);
}

/** Why a peer cannot take part here, or nothing. */
export async function peerObstacle({ program }: Peer): Promise<string | undefined> {
  try {
    await runProgram(program, ['can']);
    return undefined;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const words =
      cause instanceof ProgramFailure ? cause.stderr : error instanceof Error ? error.message : String(error);
    return words.trim().split('\n').at(-1);
  }
}

/**
 * Milliseconds from the start of a peer to the last login. All that a person would keep in a folder (XML, the files of the
 * seeds, keys) is made before.
 */
export async function measurePeer(peer: Peer, plan: SlicePlan, options: FloorOptions): Promise<number> {
  const folder = join(options.outputDirectory, 'peer');
  const call = async (verb: string) => await runProgram(peer.program, [verb, folder]);
  await writeFolder(folder, plan, options);
  const kept = join(options.outputDirectory, `kept-${peer.name}`);
  await mkdir(kept, { recursive: true });
  await symlink(kept, join(folder, 'kept'));
  try {
    await call('prepare');
    const start = performance.now();
    await call('up');
    await Promise.all(plan.vms.map((vm) => untilLogin(plan, vm, options.outputDirectory)));
    return performance.now() - start;
  } finally {
    await call('down');
    await rm(folder, { recursive: true });
    await rm(slicePaths(options.root, plan.slice).directory, { recursive: true, force: true });
  }
}

async function writeFolder(folder: string, plan: SlicePlan, options: FloorOptions): Promise<void> {
  const paths = slicePaths(options.root, plan.slice);
  const { keys, seeds } = await prepareSeeds(plan, paths, CONTEXT);
  const { boot } = options.image;
  const write = async (name: string, text: string | number | undefined): Promise<void> => {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${text ?? ''}\n`);
  };
  await write('size', plan.vms[0]?.disks[0]?.sizeBytes);
  await write('accelerator', options.accelerator);
  await write('user', GUEST_USER);
  await symlink(options.image.path, join(folder, 'base'));
  await symlink(paths.privateKey, join(folder, 'key'));
  if (boot) {
    await symlink(boot.kernel, join(folder, 'kernel'));
    await symlink(boot.initrd, join(folder, 'initrd'));
    await write('cmdline', boot.cmdline);
  }
  for (const network of plan.networks) {
    await write(`subnets/${network.bridge}`, network.ipv4.cidr);
    await write(`networks/${network.bridge}.xml`, networkXml(plan, network));
  }
  for (const vm of plan.vms) {
    const { hostname } = vm;
    const seed = seeds.get(hostname);
    await write(`vms/${hostname}/meta-data`, seed?.metaData);
    await write(`vms/${hostname}/user-data`, seed?.userData);
    await write(`vms/${hostname}/network-config`, seed?.networkConfig);
    await write(`vms/${hostname}/memory`, vm.memoryMiB);
    await write(`vms/${hostname}/vcpu`, vm.vcpu);
    await write(
      `vms/${hostname}/interfaces`,
      vm.interfaces.map(({ network, mac, ipv4 }) => `${bridgeOf(plan, network)} ${mac} ${ipv4}`).join('\n'),
    );
    await write(`domains/${hostname}.xml`, domainXml(plan, vm, { folder, options }));
    await write(`vms/${hostname}/install`, installWords(plan, vm, { folder, options }).join('\n'));
  }
  await writeOutputFiles(plan, {
    paths,
    outputDirectory: options.outputDirectory,
    hostKeys: keys.hosts,
    jump: NO_JUMP,
  });
}

function networkXml({ vms }: SlicePlan, { name, bridge, mac, forward, ipv4 }: NetworkPlan): string {
  const leases = vms.flatMap(({ interfaces }) => interfaces).filter(({ network }) => network === name);
  return buildXml('network', {
    name: bridge,
    ...(forward !== 'none' && { forward: { $: { mode: forward } } }),
    bridge: { $: { name: bridge, stp: 'off', delay: '0' } },
    mac: { $: { address: mac } },
    ...(ipv4.host !== null && {
      ip: {
        $: { address: ipv4.host, prefix: ipv4.cidr.split('/')[1] ?? '24' },
        dhcp: { host: leases.map((one) => ({ $: { mac: one.mac, ip: one.ipv4 ?? '' } })) },
      },
    }),
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
