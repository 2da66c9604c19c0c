import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VirtbsError } from '../../errors.js';
import { rootPaths } from '../../filenames.js';
import { appArmorRefuses } from '../../host/check-security.js';
import { parseCapabilities } from '../../host/libvirt-facts.js';
import { attribute, child, children, text } from '../../libvirt/xml-element.js';
import { parseXml } from '../../libvirt/xml.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import { runProgram } from '../../process/run-program.js';

/** Whom the emulator runs as. */
export interface EmulatorUser {
  readonly uid: number;
  /** The groups of the user; the first is the one that libvirt gives it. */
  readonly gids: readonly number[];
}

/**
 * Throws where the emulator, which libvirt runs as a user of its own, cannot get to the files under the root since a folder
 * above them is closed to it: libvirt hands it the disks, but not the way to them; or since AppArmor keeps VMs out of there. Where
 * all folders are open to everyone, which is usual, it costs a few `stat`.
 *
 * @throws VirtbsError `file-unreadable`
 */
export async function checkAccess(root: string, libvirt: LibvirtPool, signal: AbortSignal): Promise<void> {
  await assertConfined(root, libvirt, signal);
  const closed = await closedDirectories(root);
  if (closed.length === 0) return;
  const user = await readEmulatorUser(libvirt, signal);
  if (!user || user.uid === 0) return;
  for (const directory of closed) await assertOpen(directory, user, signal);
}

/** @throws VirtbsError `file-unreadable` where libvirt confines emulators with AppArmor, and that to other folders */
async function assertConfined(root: string, libvirt: LibvirtPool, signal: AbortSignal): Promise<void> {
  const refused = appArmorRefuses(rootPaths(root).root);
  if (refused === undefined) return;
  const { securityModels } = parseCapabilities(await libvirt.capabilities(signal));
  if (!securityModels.includes('apparmor')) return;
  throw new VirtbsError('file-unreadable', `AppArmor lets no VM read what is under ${refused}, where the root is`, {
    hint: 'choose a root under /srv or /var/lib: --root',
  });
}

/** The folders on the way to the images and disks that not everyone may pass; those that do not exist yet will be open. */
async function closedDirectories(root: string): Promise<readonly string[]> {
  const { images, slices } = rootPaths(root);
  const paths = new Set([images, slices].flatMap(withParents));
  const found = await Promise.all([...paths].map(async (path) => ({ path, mode: await modeOf(path) })));
  return found.flatMap(({ path, mode }) => (mode !== undefined && (mode & 0o001) === 0 ? [path] : []));
}

async function modeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mode;
}

function withParents(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...withParents(parent), path];
}

/** Reads the emulator's user from libvirt's security model `dac`, https://libvirt.org/formatcaps.html: `+64055:+64055`. */
async function readEmulatorUser(libvirt: LibvirtPool, signal: AbortSignal): Promise<EmulatorUser | undefined> {
  const host = child(child(parseXml(await libvirt.capabilities(signal)), 'capabilities'), 'host');
  const model = children(host, 'secmodel').find((candidate) => text(child(candidate, 'model')) === 'dac');
  const label = children(model, 'baselabel').find((candidate) => attribute(candidate, 'type') === 'qemu');
  const [, uid, gid] = /^\+?(\d+):\+?(\d+)$/.exec(text(label)) ?? [];
  if (uid === undefined) return undefined;
  // A user that the machine does not know has no further groups.
  const { stdout } = await runProgram('id', ['-G', uid], { signal }).catch(() => ({ stdout: '' }));
  return { uid: Number(uid), gids: [gid, ...stdout.split(/\s+/)].filter(Boolean).map(Number) };
}

/** @throws VirtbsError `file-unreadable` where a user may not pass a folder */
async function assertOpen(directory: string, user: EmulatorUser, signal: AbortSignal): Promise<void> {
  const { mode, uid, gid } = await stat(directory);
  const open =
    uid === user.uid ? (mode & 0o100) !== 0 : user.gids.includes(gid) ? (mode & 0o010) !== 0 : (mode & 0o001) !== 0;
  // The bits of the group are the most that a list of further users grants.
  if (open || ((mode & 0o010) !== 0 && (await hasEntry(directory, user, signal)))) return;
  const permissions = (mode & 0o7777).toString(8).padStart(4, '0');
  throw new VirtbsError(
    'file-unreadable',
    `the emulator, which libvirt runs as user ${user.uid}, cannot pass ${directory} (mode ${permissions})`,
    { hint: `chmod o+x ${directory}, or setfacl -m u:${user.uid}:x ${directory}, or choose another place with --root` },
  );
}

/** Tells whether the access control list of a folder lets the user pass; without getfacl there is none. */
async function hasEntry(directory: string, { uid, gids }: EmulatorUser, signal: AbortSignal): Promise<boolean> {
  const args = ['--omit-header', '--numeric', '--absolute-names', '--', directory];
  const { stdout } = await runProgram('getfacl', args, { signal }).catch(() => ({ stdout: '' }));
  const names = new Set([`user:${uid}`, ...gids.map((gid) => `group:${gid}`)]);
  return stdout.split('\n').some((line) => {
    const [, name = '', permissions = '', effective = permissions] =
      /^(\w+:\d+):([-rwx]{3})(?:\s+#effective:([-rwx]{3}))?$/.exec(line) ?? [];
    return names.has(name) && effective.endsWith('x');
  });
}
