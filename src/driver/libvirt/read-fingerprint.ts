import { readFile, stat } from 'node:fs/promises';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { Platform } from './platform.js';

/** Properties of a processor that a guest may have seen: model and microcode, and what it can do. */
const PROCESSOR = /^(?:vendor_id|cpu family|model|model name|stepping|microcode|flags)\s*:/;

/**
 * A text that is another one where memory and devices that were saved might not fit any more: libvirt, the emulator's file, which
 * its package replaces, the kind of virtualization, the processor; and the boot of this host: what was kept is not forced out to the
 * disk, and a crash of the host may leave any part of it there.
 */
export async function readFingerprint(libvirt: LibvirtPool, platform: Platform, signal: AbortSignal): Promise<string> {
  const { type, libvirtVersion } = await libvirt.identity(signal);
  const { size, mtimeMs } = platform.emulator === null ? { size: 0, mtimeMs: 0 } : await stat(platform.emulator);
  const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const hostBoot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const [first = ''] = cpuinfo.split('\n\n');
  const processor = first.split('\n').filter((line) => PROCESSOR.test(line));
  return JSON.stringify({ type, libvirtVersion, platform, emulator: { size, mtimeMs }, processor, hostBoot });
}
