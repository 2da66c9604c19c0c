import { VirtbsError } from '../errors.js';
import type { CapacitySettings } from '../plan/capacity.js';
import type { SlicePlan } from '../plan/plan.js';

/** What the host has for a slice, the old one's share counted in. */
export interface HostCapacity {
  /** Bytes of memory that can be had. */
  readonly memoryBytes: number;
  readonly cpus: number;
  /** Virtual processors of running VMs that stay. */
  readonly vcpusTaken: number;
  /** Bytes free where disks are made; null where that is not known. */
  readonly diskBytes: number | null;
}

const MIB = 1024 ** 2;

/**
 * Throws where the plan is more than the host has, as far as the settings allow.
 *
 * @throws VirtbsError `not-enough-memory`, `not-enough-vcpu`, `not-enough-disk`
 */
export function checkCapacity(plan: SlicePlan, host: HostCapacity, settings: CapacitySettings): void {
  checkMemory(plan, host, settings);
  checkVcpus(plan, host, settings);
  checkDisk(plan, host, settings);
}

function checkMemory(plan: SlicePlan, { memoryBytes }: HostCapacity, settings: CapacitySettings): void {
  const { memoryOvercommit, reserveMemory } = settings;
  const needed = sum(plan.vms.map(({ memoryMiB }) => memoryMiB));
  const allowed = Math.max(0, Math.floor(((memoryBytes - reserveMemory) * memoryOvercommit) / MIB));
  if (needed <= allowed) return;
  throw new VirtbsError(
    'not-enough-memory',
    `the VMs need ${needed} MiB of memory, the host has ${Math.floor(memoryBytes / MIB)} MiB available ` +
      `(keeping ${Math.floor(reserveMemory / MIB)} MiB, times ${memoryOvercommit}: ${allowed} MiB)`,
    {
      hint: 'ask for fewer VMs, give their role less "memory", wipe another slice, or raise capacity.memory_overcommit',
    },
  );
}

function checkVcpus(plan: SlicePlan, { cpus, vcpusTaken }: HostCapacity, { vcpuOvercommit }: CapacitySettings): void {
  const needed = sum(plan.vms.map(({ vcpu }) => vcpu));
  const allowed = Math.floor(cpus * vcpuOvercommit);
  if (needed + vcpusTaken <= allowed) return;
  throw new VirtbsError(
    'not-enough-vcpu',
    `the VMs need ${needed} vcpus beside the ${vcpusTaken} of other running VMs; ` +
      `${cpus} processors times ${vcpuOvercommit} are ${allowed}`,
    { hint: 'ask for fewer VMs, give their role less "vcpu", wipe another slice, or raise capacity.vcpu_overcommit' },
  );
}

function checkDisk(plan: SlicePlan, { diskBytes }: HostCapacity, settings: CapacitySettings): void {
  if (diskBytes === null) return;
  const { diskOvercommit, reserveDisk } = settings;
  const needed = sum(plan.vms.flatMap(({ disks }) => disks.map(({ sizeBytes }) => sizeBytes)));
  const spare = diskBytes - reserveDisk;
  if (needed <= spare * diskOvercommit) return;
  const sizes = `${Math.ceil(needed / MIB)} MiB of disks`;
  throw new VirtbsError(
    'not-enough-disk',
    `the VMs have ${sizes}, ${Math.floor(diskBytes / MIB)} MiB of disk space are free ` +
      `(keeping ${Math.floor(reserveDisk / MIB)} MiB, times ${diskOvercommit}: ${Math.max(0, Math.floor((spare * diskOvercommit) / MIB))} MiB)`,
    { hint: 'make room, choose another place with --root, or raise capacity.disk_overcommit' },
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
