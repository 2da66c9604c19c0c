import { findings, type Finding } from './finding.js';
import type { Host } from './host.js';
import type { LibvirtFacts } from './libvirt-facts.js';
import { readMappedRecord } from './mapped-record.js';
import { hasRule, memoryRule, RULES_PATH } from './memory-rule.js';

const { ok, warn } = findings('memory');

export interface CheckMemoryOptions {
  readonly root: string;
  readonly libvirt: Pick<LibvirtFacts, 'type' | 'version' | 'securityModels'> | null;
}

/** What is known of this host's emulators: whether checkpoints can map memory, or have to write and read it whole. */
export async function checkMemory(host: Host, { root, libvirt }: CheckMemoryOptions): Promise<readonly Finding[]> {
  if (libvirt?.type !== 'QEMU') return [];
  const record = await readMappedRecord(root);
  if (record === null || record.libvirt !== libvirt.version) {
    return [
      ok('memory of checkpoints: not tried yet; the first cycle that keeps a slice tries whether it can be mapped'),
    ];
  }
  const by = `libvirt ${record.libvirt}, qemu ${record.emulator}`;
  if (record.reason === null) return [ok(`memory of checkpoints is mapped: seen to work with ${by}`)];
  if (await lacksMemoryRule(host, { root, libvirt })) {
    const cure = 'sudo virtbs host prepare, which lets AppArmor open the memory of each VM to its own emulator';
    return [warn(`memory of checkpoints is written and read whole with ${by}: ${record.reason}`, cure)];
  }
  const cure =
    'see docs/checkpoint.md, "Where memory is mapped"; it is tried again after the next start of the host, and when AppArmor has other rules';
  return [warn(`memory of checkpoints is written and read whole with ${by}: ${record.reason}`, cure)];
}

/** Tells whether AppArmor confines emulators here, and there is no rule yet by which they may open memory under this root. */
export async function lacksMemoryRule(
  host: Pick<Host, 'read'>,
  { root, libvirt }: { readonly root: string; readonly libvirt: Pick<LibvirtFacts, 'securityModels'> },
): Promise<boolean> {
  if (!libvirt.securityModels.includes('apparmor')) return false;
  const rule = await memoryRule(root);
  return rule !== null && !hasRule(await host.read(RULES_PATH), rule);
}
