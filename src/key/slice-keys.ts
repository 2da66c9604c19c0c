import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { refuseForeignFolder } from '../files/refuse-foreign-folder.js';
import { hostKeyPath, type SlicePaths } from '../filenames.js';
import { runProgram } from '../process/run-program.js';

export interface KeyPair {
  /** The key in OpenSSH's own format. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA… COMMENT` */
  readonly publicKey: string;
}

export interface SliceKeys {
  /** The key that may log in to the slice's VMs. */
  readonly login: KeyPair;
  /** The keys by which VMs show themselves, by host name. */
  readonly hosts: ReadonlyMap<string, KeyPair>;
}

/**
 * The slice's keys; those that do not exist yet are made. They outlive `wipe`: they are the slice's identity, so that a
 * rebuilt VM shows the same host key.
 *
 * The caller holds the slice's lock.
 *
 * @throws VirtbsError `file-foreign`, `program-missing` without ssh-keygen, `program-failed`, `cancelled`
 */
export async function readySliceKeys(
  paths: SlicePaths,
  slice: number,
  { hostnames, signal }: { readonly hostnames: readonly string[]; readonly signal: AbortSignal },
): Promise<SliceKeys> {
  for (const folder of [dirname(paths.keys), paths.keys]) await refuseForeignFolder(folder);
  await mkdir(paths.keys, { recursive: true, mode: 0o700 });
  const [login, ...hosts] = await Promise.all([
    readyKeyPair(paths.privateKey, `virtbs-bs${slice}`, signal),
    ...hostnames.map((hostname) => readyKeyPair(hostKeyPath(paths, hostname), `bs${slice}-${hostname}`, signal)),
  ]);
  return { login, hosts: new Map(hosts.flatMap((pair, index) => [[hostnames[index] ?? '', pair]])) };
}

/** Returns the slice's keys where all of them exist; makes none. */
export async function findSliceKeys(paths: SlicePaths, hostnames: readonly string[]): Promise<SliceKeys | undefined> {
  const [login, ...found] = await Promise.all([
    readKeyPair(paths.privateKey),
    ...hostnames.map((hostname) => readKeyPair(hostKeyPath(paths, hostname))),
  ]);
  const hosts = new Map(found.flatMap((pair, index) => (pair ? [[hostnames[index] ?? '', pair] as const] : [])));
  return login && hosts.size === hostnames.length ? { login, hosts } : undefined;
}

async function readyKeyPair(path: string, comment: string, signal: AbortSignal): Promise<KeyPair> {
  return (await readKeyPair(path)) ?? (await makeKeyPair(path, comment, signal));
}

async function readKeyPair(path: string): Promise<KeyPair | undefined> {
  try {
    const [privateKey, publicKey] = await Promise.all([readFile(path, 'utf8'), readFile(`${path}.pub`, 'utf8')]);
    return { privateKey, publicKey: publicKey.trim() };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The private half is renamed last, so that a pair whose private half exists is whole. */
async function makeKeyPair(path: string, comment: string, signal: AbortSignal): Promise<KeyPair> {
  const temporary = `${path}.new`;
  await Promise.all([rm(temporary, { force: true }), rm(`${temporary}.pub`, { force: true })]);
  await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', temporary], { signal });
  await rename(`${temporary}.pub`, `${path}.pub`);
  await rename(temporary, path);
  const pair = await readKeyPair(path);
  if (!pair) throw new Error(`${path} is gone right after it was made`);
  return pair;
}
