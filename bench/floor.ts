import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { spawn, type ChildProcess } from 'node:child_process';
import { createDiskMaker } from '../src/driver/libvirt/make-disks.js';
import { consolePath, diskPath, outputPaths, seedPath, slicePaths, type SlicePaths } from '../src/filenames.js';
import type { ImageBuild } from '../src/image/types.js';
import { writeOutputFiles } from '../src/output/output-files.js';
import { runProgram } from '../src/process/run-program.js';
import { writeSeedImage } from '../src/seed/write-seed-image.js';
import { imageName } from '../src/image/image-name.js';
import type { NetworkPlan, SlicePlan, VmPlan } from '../src/plan/plan.js';
import { prepareSliceDirectories } from '../src/slice/prepare-slice-directories.js';
import { prepareSeeds } from '../src/slice/slice-creation.js';
import { readSshBanner } from '../src/guest/read-ssh-banner.js';
import { tryLogin } from '../src/guest/try-login.js';

export interface FloorOptions {
  readonly root: string;
  readonly image: ImageBuild;
  /** `kvm` or `tcg` */
  readonly accelerator: string;
  readonly outputDirectory: string;
}

const { signal } = new AbortController();
export const CONTEXT = { emit: () => undefined, signal };
/** Nobody comes from elsewhere. */
export const NO_JUMP = { address: 'localhost', user: 'root' };

/**
 * Milliseconds from the start of the first emulator to the last login, for the VMs of a plan started by bare command lines, all
 * at once. Everything that can be made before (bridges, taps, disks, seeds, keys) is made before; nothing is asked of libvirt.
 */
export async function measureFloor(plan: SlicePlan, options: FloorOptions): Promise<number> {
  const paths = slicePaths(options.root, plan.slice);
  await prepare(plan, paths, options);
  const emulators: ChildProcess[] = [];
  try {
    const start = performance.now();
    for (const vm of plan.vms) emulators.push(startEmulator(vm, paths, options));
    await Promise.all(plan.vms.map((vm) => untilLogin(plan, vm, options.outputDirectory)));
    return performance.now() - start;
  } finally {
    const running = emulators.filter(({ exitCode }) => exitCode === null);
    const ends = running.map((emulator) => once(emulator, 'exit'));
    for (const emulator of running) emulator.kill('SIGKILL');
    await Promise.all(ends);
    for (const vm of plan.vms) for (const tap of tapsOf(vm)) await runProgram('ip', ['link', 'del', tap]);
    for (const { bridge } of plan.networks) await runProgram('ip', ['link', 'del', bridge]);
    await rm(paths.directory, { recursive: true, force: true });
  }
}

async function prepare(plan: SlicePlan, paths: SlicePaths, { image, outputDirectory }: FloorOptions): Promise<void> {
  await prepareSliceDirectories(paths);
  await mkdir(outputDirectory, { recursive: true });
  const { keys, seeds } = await prepareSeeds(plan, paths, CONTEXT);
  for (const network of plan.networks) await addBridge(network);
  const images = new Map([[imageName(image.slot, 'default'), Promise.resolve(image)]]);
  const makeDisks = createDiskMaker({ paths, images, signal });
  for (const vm of plan.vms) {
    const seed = seeds.get(vm.hostname);
    if (seed) await writeSeedImage(seedPath(paths, vm.hostname), seed, signal);
    await makeDisks(vm);
    await writeFile(consolePath(paths, vm.hostname), '');
    for (const [index, nic] of vm.interfaces.entries()) {
      const bridge = plan.networks.find(({ name }) => name === nic.network)?.bridge ?? '';
      const tap = tapsOf(vm)[index] ?? '';
      await runProgram('ip', ['tuntap', 'add', tap, 'mode', 'tap']);
      await runProgram('ip', ['link', 'set', tap, 'master', bridge, 'up']);
    }
  }
  await writeOutputFiles(plan, { paths, outputDirectory, hostKeys: keys.hosts, jump: NO_JUMP });
}

async function addBridge({ bridge, mac, ipv4, ipv6 }: NetworkPlan): Promise<void> {
  await runProgram('ip', [
    'link',
    'add',
    bridge,
    'address',
    mac,
    'type',
    'bridge',
    'forward_delay',
    '0',
    'stp_state',
    '0',
  ]);
  for (const { cidr, host } of [ipv4, ipv6]) {
    if (host !== null) await runProgram('ip', ['addr', 'add', `${host}/${cidr.split('/')[1]}`, 'dev', bridge, 'nodad']);
  }
  await runProgram('ip', ['link', 'set', bridge, 'up']);
}

function tapsOf({ offset, interfaces }: VmPlan): readonly string[] {
  return interfaces.map((_, index) => `floor${offset}n${index}`);
}

/** The devices of a VM as virtbs gives it, without anything that only libvirt needs. */
function startEmulator(vm: VmPlan, paths: SlicePaths, { image, accelerator }: FloorOptions): ChildProcess {
  const cpu = accelerator === 'kvm' ? 'host' : 'max';
  const disks = vm.disks.map(({ name }) => diskPath(paths, vm.hostname, name));
  const boot = image.boot
    ? ['-kernel', image.boot.kernel, '-initrd', image.boot.initrd, '-append', image.boot.cmdline]
    : [];
  const args = [
    ...['-machine', `q35,accel=${accelerator}`, '-cpu', cpu, '-m', String(vm.memoryMiB), '-smp', String(vm.vcpu)],
    ...['-nodefaults', '-no-user-config', '-display', 'none', ...boot],
    ...disks.flatMap((file) => ['-drive', `if=virtio,format=qcow2,cache=unsafe,discard=unmap,file=${file}`]),
    ...['-drive', `if=virtio,format=raw,readonly=on,file=${seedPath(paths, vm.hostname)}`],
    ...vm.interfaces.flatMap(({ mac }, index) => [
      ...['-netdev', `tap,id=n${index},ifname=${tapsOf(vm)[index]},script=no,downscript=no`],
      ...['-device', `virtio-net-pci,netdev=n${index},mac=${mac}`],
    ]),
    ...['-serial', `file:${consolePath(paths, vm.hostname)}`],
    ...['-device', 'virtio-serial-pci', '-device', 'virtio-balloon-pci', '-device', 'virtio-rng-pci'],
  ];
  return spawn('qemu-system-x86_64', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** The very check that `cycle` waits for. */
export async function untilLogin(plan: SlicePlan, vm: VmPlan, outputDirectory: string): Promise<void> {
  const { sshConfig } = outputPaths(outputDirectory, plan.slice);
  for (;;) {
    const answer = await readSshBanner(vm.accessAddress ?? '', signal);
    if (answer === 'banner') {
      const login = await tryLogin({ sshConfig, hostname: vm.hostname }, { signal, onCloudInit: () => undefined });
      if (login.state === 'ready') return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
