import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileOwners } from '../files/find-project-file.js';
import { VirtbsError } from '../errors.js';
import { lockFile } from '../files/lock-file.js';
import { makeReadableDirectory } from '../files/make-readable-directory.js';
import { payloadPaths } from '../filenames.js';
import { parseLocation } from '../image/image-location.js';
import { openLocation } from '../image/open-location.js';
import { runProgram } from '../process/run-program.js';
import { hidePassword } from '../text/hide-password.js';
import type { ArchivePayload, GitPayload } from './payload-reference.js';

export interface FetchOptions {
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** A payload is text; what is larger is an image, and has a recipe. */
const MOST_BYTES = 64 * 1024 ** 2;
const COMMIT = /^[\da-f]{40}$/;
/** Variables that name a repository: a hook of git has them, and git would work on that one. Source: git(1) */
const OF_REPOSITORY: ReadonlySet<string> = new Set([
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_DIR',
  'GIT_INDEX_FILE',
  'GIT_NAMESPACE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_QUARANTINE_PATH',
  'GIT_SHALLOW_FILE',
  'GIT_WORK_TREE',
]);

/**
 * Fetches a payload to a folder that is named after its content, and returns the folder. One that is there is not fetched again: with a
 * digest or a whole commit no network is needed then.
 *
 * @throws VirtbsError `payload-unavailable`
 */
export async function fetchPayload(reference: GitPayload | ArchivePayload, options: FetchOptions): Promise<string> {
  const key = reference.kind === 'git' ? await findCommit(reference, options) : reference.sha256;
  const { payloads, lock, directory } = payloadPaths(options.root, key);
  if (await isOwnFolder(directory, options.env)) return directory;
  await makeReadableDirectory(payloads);
  await makeReadableDirectory(join(lock, '..'));
  await using _lock = await lockFile(lock, { holder: `fetching payload ${key}`, signal: options.signal });
  if (await isOwnFolder(directory, options.env)) return directory;
  const work = await mkdtemp(join(payloads, '.new-'));
  try {
    const tree = join(work, 'tree');
    await mkdir(tree);
    const isGit = reference.kind === 'git';
    if (isGit) await checkOut(reference, { ...options, commit: key, tree });
    else await unpack(reference, { ...options, work, tree });
    await rename(isGit ? tree : await onlyFolder(tree), directory);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return directory;
}

/** Returns the commit that a branch or a tag stands for. */
async function findCommit({ url, ref }: GitPayload, options: FetchOptions): Promise<string> {
  if (COMMIT.test(ref)) return ref;
  const said = await git(['ls-remote', '--', url, ref, `${ref}^{}`], { ...options, url, ref });
  const commits = new Map(
    said.split('\n').map((line) => {
      const [hash = '', name = ''] = line.split('\t');
      return [name, hash];
    }),
  );
  // The answer has other/v1 for v1, too. An annotated tag has a line of its own for the commit that it marks.
  const tag = `refs/tags/${ref}`;
  const names = [`${ref}^{}`, ref, `${tag}^{}`, tag, `refs/heads/${ref}`];
  const commit = names.map((name) => commits.get(name)).find((found) => found !== undefined) ?? '';
  if (COMMIT.test(commit)) return commit;
  throw unavailable(
    url,
    `it has no branch or tag "${ref}"`,
    'correct what stands behind the #, or give a whole commit',
  );
}

async function checkOut(
  { url, ref }: GitPayload,
  { commit, tree, ...options }: FetchOptions & { readonly commit: string; readonly tree: string },
): Promise<void> {
  const context = { ...options, url, ref };
  await git(['init', '--quiet', tree], context);
  await git(['-C', tree, 'fetch', '--quiet', '--depth', '1', '--no-tags', '--', url, commit], context);
  await git(['-C', tree, 'checkout', '--quiet', '--detach', commit], context);
  await rm(join(tree, '.git'), { recursive: true });
}

/** Runs git without questions, and without programs that the repository or the user's settings name. */
async function git(
  args: readonly string[],
  { env, signal, url, ref }: FetchOptions & { readonly url: string; readonly ref: string },
): Promise<string> {
  const quiet = ['-c', 'core.hooksPath=/dev/null', '-c', 'init.templateDir=', '-c', 'init.defaultBranch=payload'];
  try {
    const { stdout } = await runProgram('git', [...quiet, ...args], {
      signal,
      env: {
        ...Object.fromEntries(Object.entries(env).filter(([name]) => !OF_REPOSITORY.has(name))),
        GIT_TERMINAL_PROMPT: '0',
        GIT_SSH_COMMAND: env['GIT_SSH_COMMAND'] ?? 'ssh -o BatchMode=yes',
        LC_ALL: 'C',
      },
    });
    return stdout;
  } catch (error) {
    if (!(error instanceof VirtbsError) || error.code !== 'program-failed') throw error;
    const known = COMMIT.test(ref) ? '' : '; a whole commit behind the # needs no network once it was fetched';
    throw unavailable(url, hidePassword(error.message), `see whether the repository can be reached${known}`, error);
  }
}

async function unpack(
  { url, sha256 }: ArchivePayload,
  { work, tree, env, signal }: FetchOptions & { readonly work: string; readonly tree: string },
): Promise<void> {
  const archive = join(work, 'archive');
  const hash = createHash('sha256');
  const location = parseLocation(url.href, '--payload');
  try {
    const { chunks } = await openLocation(location, { signal, verified: true, environment: env });
    const digested = async function* (): AsyncGenerator<Buffer> {
      let length = 0;
      for await (const chunk of chunks) {
        length += chunk.length;
        if (length > MOST_BYTES) throw tooLarge(url.href);
        hash.update(chunk);
        yield chunk;
      }
    };
    await pipeline(Readable.from(digested()), createWriteStream(archive, { mode: 0o600 }), { signal });
  } catch (error) {
    if (!(error instanceof VirtbsError) || ['cancelled', 'payload-unavailable'].includes(error.code)) throw error;
    throw unavailable(
      url.href,
      error.message,
      'see whether the server can be reached, and whether the address is right',
      error,
    );
  }
  const found = hash.digest('hex');
  if (found !== sha256) {
    throw unavailable(
      url.href,
      `its sha256 is ${found}, not ${sha256}`,
      'nothing of it was used; correct the digest only if you know why it changed',
    );
  }
  try {
    // root would keep modes by which every user may change the scripts.
    const options = ['--no-same-owner', '--no-same-permissions'];
    await runProgram('tar', ['-x', '-f', archive, '-C', tree, ...options], { signal });
  } catch (error) {
    if (!(error instanceof VirtbsError) || error.code !== 'program-failed') throw error;
    throw unavailable(url.href, error.message, 'a payload is a tar archive, compressed or not', error);
  }
}

/** Archives have all in one folder, as a rule. */
async function onlyFolder(tree: string): Promise<string> {
  const [first, ...others] = await readdir(tree, { withFileTypes: true });
  return first?.isDirectory() && others.length === 0 ? join(tree, first.name) : tree;
}

/** Tells whether the folder is there. @throws VirtbsError `payload-unavailable` where another user made it, and may have put anything into it */
async function isOwnFolder(path: string, env: FetchOptions['env']): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  if (!found) return false;
  const { uid, sudoUid } = fileOwners(env);
  if (found.isDirectory() && [uid, 0, sudoUid].includes(found.uid)) return true;
  throw unavailable(path, 'it belongs to another user, who may have changed it', 'remove it, or choose another --root');
}

function tooLarge(url: string): VirtbsError {
  return unavailable(url, `it has more than ${MOST_BYTES} bytes`, 'a payload is text and scripts: images have recipes');
}

function unavailable(url: string, what: string, hint: string, cause?: unknown): VirtbsError {
  return new VirtbsError('payload-unavailable', `payload ${hidePassword(url)}: ${what}`, { hint, cause });
}
