import { readFile } from 'node:fs/promises';
import { toldPath } from '../../filenames.js';
import { writeFileAtomic } from '../../files/write-file-atomic.js';

/** A new number for each boot of the host. Source: random(4) */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/**
 * Tells whether a warning about the host was not given yet with this root since the host was booted; notes that it is given
 * now. A root that cannot be written to remembers nothing: the warning is then given again.
 */
export async function isNewThisBoot(root: string, warning: string, bootId = readBootId): Promise<boolean> {
  const path = toldPath(root, warning);
  const [boot, told] = await Promise.all([bootId(), readFile(path, 'utf8').catch(() => null)]);
  if (told !== null && told === boot) return false;
  await writeFileAtomic(path, boot).catch(() => undefined);
  return true;
}

async function readBootId(): Promise<string> {
  return await readFile(BOOT_ID, 'utf8').catch(() => `${Date.now()}`);
}
