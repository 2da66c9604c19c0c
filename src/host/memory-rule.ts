import { mkdir, readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { rootPaths } from '../filenames.js';
import { writeFileAtomic } from '../files/write-file-atomic.js';

/** What an administrator adds to that which AppArmor lets all emulators do: libvirt's own profile of Debian and Ubuntu includes it. */
export const RULES_PATH = '/etc/apparmor.d/local/abstractions/libvirt-qemu';

/** A path that means itself in a rule. Source: apparmor.d(5), "Globbing" */
const PLAIN = /^[\w./+:-]+$/;

/**
 * Returns the rule by which AppArmor lets each emulator open the memory of its own VM under this root, and of no other: the profile of
 * an emulator has the name `libvirt-UUID`. Null where the root's path cannot be in a rule as it is.
 */
export async function memoryRule(root: string): Promise<string | null> {
  const { root: given } = rootPaths(root);
  const top = await realpath(given).catch(() => given);
  return PLAIN.test(top) ? `${top}/slices/*/memory/@{profile_name}.* rw,` : null;
}

/** Tells whether a text of rules has this one. */
export function hasRule(rules: string | null, rule: string): boolean {
  return rules?.split('\n').some((line) => line.trim() === rule) ?? false;
}

/** Adds a rule behind those that are there. Emulators that start later have it. Needs root. */
export async function addRule(rule: string, path = RULES_PATH): Promise<void> {
  const rules = await readFile(path, 'utf8').catch(() => '');
  const own = `# virtbs: an emulator may open the memory of its own VM, for checkpoints that map it\n${rule}\n`;
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, `${rules}${rules === '' || rules.endsWith('\n') ? '' : '\n'}${own}`);
}
