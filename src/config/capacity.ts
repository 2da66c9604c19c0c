/** Limits for how far a slice may go beyond what the host has left. */
export interface CapacitySettings {
  /** The VMs' memory may be so many times what is available. */
  readonly memoryOvercommit: number;
  /** Virtual processors of all running VMs for each processor of the host. */
  readonly vcpuOvercommit: number;
  /** The disks' virtual sizes together may be so many times what is free: they grow only as guests write. */
  readonly diskOvercommit: number;
  /** Bytes of memory that are left to the host. */
  readonly reserveMemory: number;
  /** Bytes of disk space that are left free. */
  readonly reserveDisk: number;
}

const MIB = 1024 ** 2;

/** The values of `slices/capacity.yaml`, for programs that read no configuration. */
export const DEFAULT_CAPACITY: CapacitySettings = {
  memoryOvercommit: 1,
  vcpuOvercommit: 8,
  diskOvercommit: 10,
  reserveMemory: 512 * MIB,
  reserveDisk: 256 * MIB,
};
