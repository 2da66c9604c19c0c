import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseCapabilities } from '../../host/libvirt-facts.js';
import { RULES_PATH } from '../../host/memory-rule.js';
import { readMappedRecord, writeMappedRecord, type MappedRecord } from '../../host/mapped-record.js';
import type { SlicePaths } from '../../filenames.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { DriverContext } from '../types.js';
import type { MappedHost } from './mapped-vms.js';
import type { Platform } from './platform.js';
import { readFingerprint } from './read-fingerprint.js';
import { tryMappedMemory } from './try-mapped-memory.js';

export interface FindMappedOptions {
  readonly libvirt: LibvirtPool;
  readonly root: string;
  readonly platform: Platform;
  /** The slice in whose folder it is tried, where it has to be. */
  readonly paths: Pick<SlicePaths, 'memory'>;
}

/** Emulators from this version on map a file privately that they may only read. Source: qemu's memory-backend-file, `rom` */
const READ_ONLY_SINCE = [8, 2] as const;

/**
 * Returns the way in which emulators of this host can have memory that is a file, or null where they cannot. It is tried once for each
 * libvirt, emulator, processor, emulators' user, rules of AppArmor and boot of the host; the record says what was seen.
 */
export async function findMappedHost(
  { libvirt, root, platform, paths }: FindMappedOptions,
  { emit, signal }: DriverContext,
): Promise<MappedHost | null> {
  const identity = await libvirt.identity(signal);
  if (identity.type !== 'QEMU') return null;
  const { emulatorUser } = parseCapabilities(await libvirt.capabilities(signal));
  const fingerprint = await readFingerprint(libvirt, platform, signal);
  const us = process.getuid?.() ?? 0;
  const rules = await readFile(RULES_PATH, 'utf8').catch(() => null);
  const host = createHash('sha256')
    .update(JSON.stringify([fingerprint, emulatorUser, us, rules]))
    .digest('hex');
  const isOther = emulatorUser !== null && emulatorUser.uid !== us;
  const owner = isOther ? ([emulatorUser.uid, emulatorUser.gid] as const) : null;
  const known = await readMappedRecord(root);
  if (known?.host === host) return known.reason === null ? { owner, readOnly: known.readOnly } : null;
  const readOnly = isSince(identity.emulatorVersion);
  const reason =
    isOther && us !== 0
      ? 'emulators run as another user than virtbs, and only root can give them files that nobody else may read'
      : await tryMappedMemory({ libvirt, platform, directory: paths.memory, mapped: { owner, readOnly } }, signal);
  const record: MappedRecord = {
    host,
    tried: new Date().toISOString(),
    libvirt: identity.libvirtVersion,
    emulator: identity.emulatorVersion,
    reason,
    readOnly,
  };
  await writeMappedRecord(root, record);
  if (reason === null) return { owner, readOnly };
  emit({ type: 'note', message: `memory cannot be mapped on this host, so it is kept as a stream: ${reason}` });
  return null;
}

function isSince(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > READ_ONLY_SINCE[0] || (major === READ_ONLY_SINCE[0] && minor >= READ_ONLY_SINCE[1]);
}
