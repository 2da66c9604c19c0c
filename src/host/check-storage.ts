import { dirname } from 'node:path';
import { rootDirectories, rootPaths } from '../filenames.js';
import { findings, type Finding } from './finding.js';
import type { Host } from './host.js';
import type { LibvirtFacts } from './libvirt-facts.js';
import { shellQuote } from '../text/shell-quote.js';

const { ok, warn, fail } = findings('storage');

const SEARCH_OTHERS = 0o001;
const SEARCH_GROUP = 0o010;
const SEARCH_OWNER = 0o100;
/** A label under which the emulator may search; libvirt itself labels the files that it gives out. */
const LABEL = 'virt_image_t';

export interface StorageOptions {
  readonly root: string;
  readonly libvirt: LibvirtFacts | null;
}

/** The root is ours to write, and the emulator's user can pass through to the files in it. */
export async function checkStorage(host: Host, { root, libvirt }: StorageOptions): Promise<readonly Finding[]> {
  const top = rootPaths(root).root;
  const facts = await host.stat(top);
  if (!facts) return [fail(`${top} does not exist`, makeRoot(host, top))];
  if (!facts.directory) return [fail(`${top} is not a folder`, `sudo mv ${top} ${top}.old, or choose another --root`)];
  const present = await filterAsync(rootDirectories(root), async (path) => (await host.stat(path)) !== null);
  const closed = await filterAsync(present, async (path) => !(await host.writable(path)));
  const unwritable =
    closed.length === 0
      ? []
      : [
          fail(
            `not writable: ${closed.join(' ')}`,
            `sudo chown ${host.user.name}: ${closed.map(shellQuote).join(' ')}`,
          ),
        ];
  const user = libvirt?.emulatorUser ?? null;
  const searchable = [...ancestors(top), ...present.filter((path) => /\/(images|slices)$/.test(path))];
  const blocked =
    user === null ? [] : await filterAsync(searchable, async (path) => !(await maySearch(host, path, user)));
  const unsearchable = blocked.map((path) =>
    fail(
      `${path} cannot be searched by the user ${user?.uid} that runs the emulators`,
      `sudo chmod o+x ${shellQuote(path)}`,
    ),
  );
  const labels = await checkLabel(host, top);
  const problems = [...unwritable, ...unsearchable];
  return problems.length > 0 ? [...problems, ...labels] : [ok(`${top} is writable, and open to emulators`), ...labels];
}

/** Returns the command that makes the root, for a user. */
function makeRoot(host: Host, root: string): string {
  return host.user.uid === 0
    ? `install -d ${shellQuote(root)}`
    : `sudo install -d -o ${host.user.name} ${shellQuote(root)}`;
}

/** Permissions as the kernel reads them; the last word has an access control list, where there is one. */
async function maySearch(
  host: Host,
  path: string,
  user: { readonly uid: number; readonly gid: number },
): Promise<boolean> {
  if (user.uid === 0) return true;
  const facts = await host.stat(path);
  if (!facts) return true;
  const bit = facts.uid === user.uid ? SEARCH_OWNER : facts.gid === user.gid ? SEARCH_GROUP : SEARCH_OTHERS;
  if ((facts.mode & bit) !== 0) return true;
  const list = await host.run('getfacl', ['--numeric', '--omit-header', '--absolute-names', path]);
  return new RegExp(`^(user:${user.uid}|group:${user.gid}):..x`, 'm').test(list?.stdout ?? '');
}

/** Under SELinux the root has a label that emulators may search. */
async function checkLabel(host: Host, root: string): Promise<readonly Finding[]> {
  if ((await host.read('/sys/fs/selinux/enforce')) === null) return [];
  const label = await labelOf(host, root);
  if (await isLabelled(host, root)) return [ok(`label ${label}`)];
  const cure = labelCommands(root).map((command) => `sudo ${command.map(shellQuote).join(' ')}`);
  return [warn(`${root} has the label ${label || 'unknown'}, emulators may be refused`, cure.join(' && '))];
}

export async function isLabelled(host: Host, root: string): Promise<boolean> {
  return (await labelOf(host, root)).split(':')[2] === LABEL;
}

async function labelOf(host: Host, path: string): Promise<string> {
  return (await host.run('stat', ['--format', '%C', path]))?.stdout.trim() ?? '';
}

/** Returns the commands that give the root its label for good; to be run as root. */
export function labelCommands(root: string): readonly (readonly string[])[] {
  return [
    ['semanage', 'fcontext', '-a', '-t', LABEL, `${root}(/.*)?`],
    ['restorecon', '-R', root],
  ];
}

function ancestors(path: string): readonly string[] {
  return dirname(path) === path ? [path] : [...ancestors(dirname(path)), path];
}

async function filterAsync<T>(items: readonly T[], keep: (item: T) => Promise<boolean>): Promise<readonly T[]> {
  const kept = await Promise.all(items.map(keep));
  return items.filter((_, index) => kept[index]);
}
