import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Provision, ProvisionFile, ProvisionScript } from '../config/provision.js';
import { VirtbsError } from '../errors.js';
import { digestFile } from '../files/digest-file.js';
import { scriptOf } from './script-of.js';
import { describeMembers } from './describe-members.js';
import { listSourceFiles, type SourceFile } from './source-files.js';

/** A large file of this machine that a guest was given: while it looks the same it is not read again. */
export interface NotedSource {
  readonly path: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** SHA-256 in hex. */
  readonly digest: string;
}

export interface DigestOptions {
  /** The owner of the provision, for an error: `image web`. */
  readonly owner: string;
  /** Large files as they were known the last time. */
  readonly noted: readonly NotedSource[];
}

export interface ProvisionDigest {
  /** The content for a key: scripts and files by what is in them. */
  readonly content: Readonly<Record<'scripts' | 'files' | 'packages', unknown>>;
  readonly sources: readonly NotedSource[];
}

/** Bytes from which on a file is noted. */
const LARGE = 1024 * 1024;

/**
 * Describes all that a provision gives a guest by what is in it, wherever it is, so that a key made of this changes with it.
 *
 * @throws VirtbsError `file-unreadable` where a script or file cannot be read
 */
export async function digestProvision(
  { scripts = [], files = [], packages }: Provision,
  { owner, noted }: DigestOptions,
): Promise<ProvisionDigest> {
  const sources: NotedSource[] = [];
  const digest = async (file: SourceFile): Promise<string> => {
    if (file.size < LARGE) return sha256(await readFile(file.path));
    const { path, size, modified } = file;
    const known = noted.find((each) => each.path === path && each.size === size && each.modified === modified);
    const source = known ?? { path, size, modified, digest: await digestFile(path) };
    sources.push(source);
    return source.digest;
  };
  const content = {
    scripts: await Promise.all(scripts.map((script) => describeScript(owner, script, digest))),
    files: await Promise.all(files.map((file) => describeFile(owner, file, digest))),
    packages,
  };
  return { content, sources };
}

type Digest = (file: SourceFile) => Promise<string>;

async function describeScript(owner: string, given: string | ProvisionScript, digest: Digest): Promise<unknown> {
  const { file, inline = '', arguments: args = [] } = scriptOf(given);
  if (file === undefined) return { content: sha256(inline), args };
  const [found] = await explainUnreadable(`${owner}: the script ${file}`, () => listSourceFiles(file));
  if (found?.kind !== 'file') throw unreadable(`${owner}: the script ${file}`, 'it is no file');
  return { content: await explainUnreadable(`${owner}: the script ${file}`, () => digest(found)), args };
}

async function describeFile(
  owner: string,
  { path, source, content = '', mode }: ProvisionFile,
  digest: Digest,
): Promise<unknown> {
  if (source === undefined) return { path, content: sha256(content), mode };
  return await explainUnreadable(`${owner}: the file ${source}`, async () => {
    return { path, members: await describeMembers(source, digest), mode };
  });
}

async function explainUnreadable<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unreadable(what, error instanceof Error ? error.message : String(error), error);
  }
}

function unreadable(what: string, reason: string, cause?: unknown): VirtbsError {
  return new VirtbsError('file-unreadable', `${what} cannot be read: ${reason}`, {
    hint: 'correct the path in the recipe: a relative one counts from the folder of the configuration file',
    cause,
  });
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
