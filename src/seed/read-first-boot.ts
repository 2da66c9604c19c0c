import { basename } from 'node:path';
import { isPublicKey, isText } from '../config/first-boot-schema.js';
import type { ImageRecipe } from '../config/image-recipe.js';
import { digestOf } from '../digest-of.js';
import { VirtbsError } from '../errors.js';
import { hasFirstBootSteps } from '../plan/first-boot-problems.js';
import type { FirstBootPlan, VmPlan } from '../plan/plan.js';
import { digestProvision } from '../provision/digest-provision.js';
import { readPlainFile } from '../read-plain-file.js';
import { listUsers } from './merge-user-data.js';
import { readUserData, type UserData } from './user-data.js';

/** What a VM is given at its first boot beside what the slice needs, read from wherever it is. */
export interface FirstBootContent {
  /** Public keys that may log in, each one line of an authorized_keys file. */
  readonly authorizedKeys: readonly string[];
  readonly userData: UserData | null;
  /** The name of the user data for the guest's logs. */
  readonly userDataName: string;
  /** A digest of files, packages and scripts; null where there are none. */
  readonly steps: string | null;
}

type Recipes = Readonly<Record<string, ImageRecipe>>;

/** Bytes of a file of keys or user data. */
const MOST = 1024 * 1024;
/** Keys of user data that the small image knows. The slice's own come later and are stronger. */
const KNOWN_TO_MINI: ReadonlySet<string> = new Set(['users', 'write_files', 'hostname', 'ssh_keys']);
/** Those of its users, all of which log in by keys alone, and of its files. */
const KNOWN_OF_USERS: ReadonlySet<string> = new Set(
  'name gecos homedir shell groups sudo ssh_authorized_keys lock_passwd'.split(' '),
);
const KNOWN_OF_FILES: ReadonlySet<string> = new Set(['path', 'content', 'permissions', 'owner']);

/**
 * Reads what VMs are given at their first boot, keyed by host name; those that are given nothing are missing. Changes nothing, so a
 * slice that stands is left alone where something is wrong.
 *
 * @throws VirtbsError `plan-invalid` with everything that is wrong; `file-unreadable` where a script or a file cannot be read
 */
export async function readFirstBoots(
  vms: readonly VmPlan[],
  recipes: Recipes,
): Promise<ReadonlyMap<string, FirstBootContent>> {
  const contents = new Map<string, FirstBootContent>();
  const problems: string[] = [];
  for (const [{ firstBoot, isMini }, group] of groupAlike(vms, recipes)) {
    const owner = group.join(', ');
    const found: string[] = isMini ? [...miniProblems(firstBoot)] : [];
    const content = await readFirstBoot(firstBoot, { owner, found });
    if (isMini) found.push(...miniUserDataProblems(content.userData));
    problems.push(...found.map((problem) => `${owner}: ${problem}`));
    for (const hostname of group) contents.set(hostname, content);
  }
  if (problems.length === 0) return contents;
  throw new VirtbsError('plan-invalid', problems.join('\n'), { hint: 'nothing was touched' });
}

interface Kind {
  readonly firstBoot: FirstBootPlan;
  /** Whether the VM runs the small image, or one that was made of it. */
  readonly isMini: boolean;
}

/** VMs of one role mostly get the same: it is read once. */
function groupAlike(vms: readonly VmPlan[], recipes: Recipes): Iterable<readonly [Kind, readonly string[]]> {
  const groups = new Map<string, [Kind, string[]]>();
  for (const { hostname, firstBoot, disks } of vms) {
    if (!firstBoot) continue;
    const kind = { firstBoot, isMini: standsOnMini(imageSlot({ disks }), recipes) };
    const key = JSON.stringify(kind);
    const group = groups.get(key) ?? [kind, []];
    group[1].push(hostname);
    groups.set(key, group);
  }
  return groups.values();
}

/** Returns the slot of the image that a VM runs; undefined for none. */
export function imageSlot({ disks }: Pick<VmPlan, 'disks'>): string | undefined {
  return disks.find(({ slot }) => slot !== null)?.slot ?? undefined;
}

/** Tells whether an image is the small one, or made of it. */
export function standsOnMini(slot: string | undefined, recipes: Recipes): boolean {
  const seen = new Set<string>();
  for (let name = slot; name !== undefined && !seen.has(name); name = recipes[name]?.image_customize?.base) {
    if (recipes[name]?.mini) return true;
    seen.add(name);
  }
  return false;
}

function miniProblems({ packages }: FirstBootPlan): readonly string[] {
  return packages ? [`packages: its image, mini, has no package manager: give it files and scripts`] : [];
}

function miniUserDataProblems(userData: UserData | null): readonly string[] {
  if (userData === null) return [];
  const known = 'its image, mini, has no cloud-init and knows only users and write_files of #cloud-config';
  if (userData.kind !== 'cloud-config') return [`user_data: ${known}: use scripts`];
  const { users, write_files: files } = userData.value;
  const unknown = [
    ...Object.keys(userData.value).filter((key) => !KNOWN_TO_MINI.has(key)),
    ...unknownKeys('users', listUsers(users), KNOWN_OF_USERS),
    ...unknownKeys('write_files', Array.isArray(files) ? files : [], KNOWN_OF_FILES),
  ];
  return unknown.length === 0 ? [] : [`user_data: ${known}, not ${unknown.join(', ')}: use scripts and files`];
}

/** Also members that are no maps, such as cloud-init's user "default". */
function unknownKeys(list: string, members: readonly unknown[], known: ReadonlySet<string>): readonly string[] {
  const unknown = members.flatMap((member) => {
    if (typeof member !== 'object' || member === null) return [String(member)];
    return Object.keys(member).filter((key) => !known.has(key));
  });
  return [...new Set(unknown)].map((key) => `${list}: ${key}`);
}

/** @param found gets what is wrong */
async function readFirstBoot(
  firstBoot: FirstBootPlan,
  { owner, found }: { readonly owner: string; readonly found: string[] },
): Promise<FirstBootContent> {
  const { files, packages, scripts, sshKeys = [], userData } = firstBoot;
  const lines: string[] = [];
  for (const given of sshKeys) lines.push(...(await readKeys(given, found)));
  const steps = hasFirstBootSteps({ firstBoot })
    ? digestOf((await digestProvision({ files, packages, scripts }, { owner, noted: [] })).content)
    : null;
  return {
    authorizedKeys: [...new Set(lines)],
    userData: userData === undefined ? null : await readGivenUserData(userData, found),
    userDataName: userData === undefined || isText(userData) ? 'user_data' : basename(userData),
    steps,
  };
}

async function readKeys(given: string, found: string[]): Promise<readonly string[]> {
  if (isPublicKey(given)) return [given];
  const text = await readText(`ssh_keys: ${given}`, given, found);
  if (text === null) return [];
  const keys = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  if (keys.some((line) => line.includes('PRIVATE KEY'))) {
    found.push(`ssh_keys: ${given}: this is a private key: give the file beside it, ${given}.pub`);
    return [];
  }
  const wrong = keys.find((line) => !isKeyLine(line));
  if (wrong !== undefined) found.push(`ssh_keys: ${given}: ${JSON.stringify(wrong.slice(0, 60))} is no public key`);
  else if (keys.length === 0) found.push(`ssh_keys: ${given}: there is no key in it`);
  return keys.map((line) => line.trim());
}

/** A line of an authorized_keys file, which may have options in front. Source: sshd(8) */
function isKeyLine(line: string): boolean {
  return /(?:^|\s)(?:ssh-|ecdsa-|sk-)[\w@.-]+\s+[A-Za-z0-9+/]{16,}={0,3}(?:\s|$)/.test(line);
}

async function readGivenUserData(given: string, found: string[]): Promise<UserData | null> {
  const name = isText(given) ? 'user_data' : `user_data: ${given}`;
  const text = isText(given) ? given : await readText(name, given, found);
  if (text === null) return null;
  const data = readUserData(text);
  if (typeof data !== 'string') return data;
  found.push(`${name}: ${data}`);
  return null;
}

async function readText(name: string, path: string, found: string[]): Promise<string | null> {
  try {
    const bytes = await readPlainFile(path, { most: MOST });
    if (bytes.length > MOST) throw new Error('it is larger than 1 MiB');
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    found.push(`${name}: ${error instanceof TypeError ? 'it is no text in UTF-8' : sayFailure(error)}`);
    return null;
  }
}

function sayFailure(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'there is no such file';
  return error instanceof Error ? error.message : String(error);
}
