import { findings, type Finding } from './finding.js';
import type { LibvirtFacts } from './libvirt-facts.js';
import { readMappedRecord } from './mapped-record.js';

const { ok, warn } = findings('memory');

export interface CheckMemoryOptions {
  readonly root: string;
  readonly libvirt: Pick<LibvirtFacts, 'type' | 'version'> | null;
}

/** What is known of this host's emulators: whether checkpoints can map memory, or have to write and read it whole. */
export async function checkMemory({ root, libvirt }: CheckMemoryOptions): Promise<readonly Finding[]> {
  if (libvirt?.type !== 'QEMU') return [];
  const record = await readMappedRecord(root);
  if (record === null || record.libvirt !== libvirt.version) {
    return [
      ok('memory of checkpoints: not tried yet; the first cycle that keeps a slice tries whether it can be mapped'),
    ];
  }
  const by = `libvirt ${record.libvirt}, qemu ${record.emulator}`;
  if (record.reason === null) return [ok(`memory of checkpoints is mapped: seen to work with ${by}`)];
  const cure = 'see docs/checkpoint.md, "Where memory is mapped"; it is tried again after the next start of the host';
  return [warn(`memory of checkpoints is written and read whole with ${by}: ${record.reason}`, cure)];
}
