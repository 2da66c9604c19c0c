import { stat, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { diskPath, slicePaths } from '../../filenames.js';
import type { DomainStats } from '../../libvirt/domain-stats.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { HostUsage, Usage, VmState, VmUsage } from '../types.js';
import { inspectSlices } from './inspect-slices.js';

export interface UsageOptions {
  readonly libvirt: LibvirtPool;
  readonly root: string;
  /** One slice; without it all. */
  readonly slice: number | undefined;
  /** The hypervisor is this machine. */
  readonly local: boolean;
}

/** Bytes of a block as stat(2) counts them, whatever those of the file system are. */
const STAT_BLOCK = 512;

/** Reads what our VMs use, and what the host has. */
export async function readUsage({ libvirt, root, slice, local }: UsageOptions, signal: AbortSignal): Promise<Usage> {
  const [slices, stats, host] = await Promise.all([
    inspectSlices(libvirt, signal),
    libvirt.domainStats(signal),
    local ? readHost(root) : null,
  ]);
  const byUuid = new Map(stats.map((each) => [each.uuid, each]));
  const asked = slices.filter((state) => slice === undefined || state.slice === slice);
  const vms = asked.flatMap((state) =>
    state.vms.map((vm) => vmUsage(vm, { slice: state.slice, root: state.root, stats: byUuid.get(vm.uuid) })),
  );
  return { host, vms: await Promise.all(vms) };
}

async function vmUsage(
  vm: VmState,
  { slice, root, stats }: { readonly slice: number; readonly root: string; readonly stats: DomainStats | undefined },
): Promise<VmUsage> {
  const { domain, uuid, hostname, role, power, vcpu, memoryMiB } = vm;
  const paths = slicePaths(root, slice);
  // libvirt tells something of domains that are off, too, which is not about them.
  const used = power === 'off' ? undefined : stats;
  const disks = vm.plan?.disks.map(({ name }) => diskPath(paths, hostname, name)) ?? [];
  const sizes = await Promise.all(disks.map(allocatedBytes));
  return {
    domain,
    uuid,
    hostname,
    role,
    slice,
    power,
    vcpu,
    memoryMiB,
    diskBytes: sizes.reduce((sum, size) => sum + size, 0),
    cpuTimeNanoseconds: used?.cpuTimeNanoseconds ?? 0,
    residentBytes: used?.residentBytes ?? 0,
    receivedBytes: used?.receivedBytes ?? 0,
    sentBytes: used?.sentBytes ?? 0,
    readBytes: used?.readBytes ?? 0,
    writtenBytes: used?.writtenBytes ?? 0,
  };
}

async function allocatedBytes(path: string): Promise<number> {
  const file = await stat(path).catch(() => null);
  return (file?.blocks ?? 0) * STAT_BLOCK;
}

async function readHost(root: string): Promise<HostUsage> {
  // Where there is no root yet, the one that it will be on.
  const disk = await statfs(root).catch(() => statfs('/'));
  return {
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    availableMemoryBytes: freemem(),
    diskBytes: disk.blocks * disk.bsize,
    availableDiskBytes: disk.bavail * disk.bsize,
  };
}
