import { renderSize } from '../text/render-size.js';
import { VirtbsError } from '../errors.js';
import type { CapacitySettings } from '../config/capacity.js';
import type { SlicePlan } from '../plan/plan.js';
import { sum } from '../sum.js';

/** The resources that the host has for a slice, with those that the old slice gives back. */
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
    `the VMs need ${renderSize(needed * MIB)} of memory, the host has ${renderSize(memoryBytes)} available ` +
      `(keeping ${renderSize(reserveMemory)}, times ${memoryOvercommit}: ${renderSize(allowed * MIB)})`,
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
  const sizes = `${renderSize(needed)} of disks`;
  throw new VirtbsError(
    'not-enough-disk',
    `the VMs have ${sizes}, ${renderSize(diskBytes)} of disk space are free ` +
      `(keeping ${renderSize(reserveDisk)}, times ${diskOvercommit}: ${renderSize(Math.max(0, spare * diskOvercommit))})`,
    { hint: 'make room, choose another place with --root, or raise capacity.disk_overcommit' },
  );
}
