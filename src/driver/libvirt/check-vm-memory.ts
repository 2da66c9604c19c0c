import { readFile } from 'node:fs/promises';
import { VirtbsError } from '../../errors.js';
import type { SlicePlan } from '../../plan/plan.js';

/** The most memory that the kernel grants one program. */
export interface MemoryLimit {
  readonly bytes: number;
  /** Why, as a message says it. */
  readonly rule: string;
}

const MIB = 1024 ** 2;

/**
 * Throws where a VM is larger than what the kernel grants one program, whatever capacity.memory_overcommit allows: its emulator asks
 * for all of its memory at once.
 *
 * @throws VirtbsError `not-enough-memory`
 */
export function checkVmMemory({ vms }: SlicePlan, limit: MemoryLimit | null): void {
  const large = limit === null ? [] : vms.filter(({ memoryMiB }) => memoryMiB * MIB > limit.bytes);
  if (limit === null || large.length === 0) return;
  const named = large.map(({ hostname, memoryMiB }) => `${hostname} (${memoryMiB} MiB)`).join(', ');
  throw new VirtbsError(
    'not-enough-memory',
    `${named}: no VM can have more than ${Math.floor(limit.bytes / MIB)} MiB on this host: ${limit.rule}`,
    { hint: 'give its role less "memory", add swap, or set the sysctl vm.overcommit_memory to 1' },
  );
}

/** The limit of this machine; null where the kernel grants all (`vm.overcommit_memory` is 1), or does not tell. */
export async function readMemoryLimit(): Promise<MemoryLimit | null> {
  const [mode, memory] = await Promise.all(
    ['/proc/sys/vm/overcommit_memory', '/proc/meminfo'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  return memoryLimit(mode ?? '', memory ?? '');
}

/**
 * The limit by the mode and by what /proc/meminfo says.
 *
 * Source: Documentation/mm/overcommit-accounting.rst and __vm_enough_memory() of Linux
 */
export function memoryLimit(mode: string, memory: string): MemoryLimit | null {
  const bytesOf = (name: string) => {
    const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(memory)?.[1];
    return kibibytes === undefined ? null : Number(kibibytes) * 1024;
  };
  switch (mode.trim()) {
    case '0': {
      const [total, swap] = [bytesOf('MemTotal'), bytesOf('SwapTotal')];
      const rule = 'all its memory and swap, as vm.overcommit_memory is 0';
      return total === null ? null : { bytes: total + (swap ?? 0), rule };
    }
    case '2': {
      const bytes = bytesOf('CommitLimit');
      return bytes === null ? null : { bytes, rule: 'its CommitLimit, as vm.overcommit_memory is 2' };
    }
    default:
      return null;
  }
}
