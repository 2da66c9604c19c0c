import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { VirtbsError } from '../errors.js';
import { digestFile } from './digest-file.js';
import { digestOf } from './recipe-key.js';
import { listSourceFiles, type SourceFile } from './source-files.js';
import type { CustomizeFile, CustomizeRecipe, CustomizeScript, ImageBuild } from './types.js';

/** A large file of this machine that went into an image: while it looks the same it is not read again. */
export interface NotedSource {
  readonly path: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** SHA-256 in hex. */
  readonly digest: string;
}

export interface CustomizeKeyOptions {
  readonly base: Pick<ImageBuild, 'build'>;
  /** What is known of large files from the last time. */
  readonly noted: readonly NotedSource[];
}

export interface CustomizeKey {
  readonly key: string;
  readonly sources: readonly NotedSource[];
}

/** Raised when images must be made anew although nothing of theirs was edited. */
const GENERATION = 1;

/** Bytes from which on a file is noted. */
const LARGE = 1024 * 1024;

/**
 * A digest of all that makes a customized image: the recipe, the build it stands on, and the scripts and files it names by
 * what is in them, wherever they are.
 *
 * @throws VirtbsError `file-unreadable` where a script or file of the recipe cannot be read
 */
export async function customizeKey(
  slot: string,
  recipe: CustomizeRecipe,
  { base, noted }: CustomizeKeyOptions,
): Promise<CustomizeKey> {
  const sources: NotedSource[] = [];
  const digest = async (file: SourceFile): Promise<string> => {
    if (file.size < LARGE) return sha256(await readFile(file.path));
    const { path, size, modified } = file;
    const known = noted.find((each) => each.path === path && each.size === size && each.modified === modified);
    const source = known ?? { path, size, modified, digest: await digestFile(path) };
    sources.push(source);
    return source.digest;
  };
  const { base: _base, base_tag: _tag, scripts = [], files = [], ...rest } = recipe;
  const content = {
    generation: GENERATION,
    base: base.build,
    scripts: await Promise.all(scripts.map((script) => describeScript(slot, script, digest))),
    files: await Promise.all(files.map((file) => describeFile(slot, file, digest))),
    ...rest,
  };
  return { key: digestOf(content), sources };
}

/** What a list of a recipe may also be: a path alone. */
export function scriptOf(script: string | CustomizeScript): CustomizeScript {
  return typeof script === 'string' ? { file: script } : script;
}

type Digest = (file: SourceFile) => Promise<string>;

async function describeScript(slot: string, given: string | CustomizeScript, digest: Digest): Promise<unknown> {
  const { file, inline = '', arguments: args = [] } = scriptOf(given);
  if (file === undefined) return { content: sha256(inline), args };
  const [found] = await explainUnreadable(`image ${slot}: the script ${file}`, () => listSourceFiles(file));
  if (found?.kind !== 'file') throw unreadable(`image ${slot}: the script ${file}`, 'it is no file');
  return { content: await explainUnreadable(`image ${slot}: the script ${file}`, () => digest(found)), args };
}

async function describeFile(
  slot: string,
  { path, source, content = '', mode }: CustomizeFile,
  digest: Digest,
): Promise<unknown> {
  if (source === undefined) return { path, content: sha256(content), mode };
  return await explainUnreadable(`image ${slot}: the file ${source}`, async () => {
    const found = await listSourceFiles(source);
    const members = found.map(async (file) => ({
      name: file.name,
      kind: file.kind,
      mode: file.kind === 'link' ? null : file.mode,
      content: file.kind === 'file' ? await digest(file) : file.kind === 'link' ? await readlink(file.path) : null,
    }));
    return { path, members: await Promise.all(members), mode };
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
