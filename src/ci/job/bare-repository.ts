import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFile } from '../../files/lock-file.js';
import { runProgram } from '../../process/run-program.js';

export interface BareRepositoryOptions {
  /** Where git fetches from; it may hold a password, which no argument list gets. */
  readonly url: string;
  /** The folder of the bare repositories. */
  readonly repositories: string;
  /** Variables for git, such as a command for ssh. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The work that it is opened for; processes that wait show it. */
  readonly holder: string;
  readonly signal: AbortSignal;
}

/** A repository without files, whose remote `source` is a URL, locked until it is disposed of. */
export interface BareRepository extends AsyncDisposable {
  readonly path: string;
  /** Runs git, without questions. @returns what it prints @throws VirtbsError `program-failed` with git's words */
  readonly git: (...args: readonly string[]) => Promise<string>;
}

/** Milliseconds to wait for others that fetch. */
const LOCK_TIMEOUT = 3_600_000;

/** Opens the repository for a URL, which is made at the first use. */
export async function openBareRepository(options: BareRepositoryOptions): Promise<BareRepository> {
  const { url, repositories, holder, signal } = options;
  const path = join(repositories, `${createHash('sha256').update(url).digest('hex').slice(0, 24)}.git`);
  await mkdir(repositories, { recursive: true, mode: 0o700 });
  const env = { GIT_TERMINAL_PROMPT: '0', GIT_DIR: undefined, GIT_WORK_TREE: undefined, ...options.env };
  const git = async (...args: readonly string[]): Promise<string> =>
    (await runProgram('git', args, { signal, env, group: true })).stdout.trim();
  const lock = await lockFile(`${path}.lock`, { holder, signal, timeout: LOCK_TIMEOUT });
  try {
    await git('init', '--quiet', '--bare', path);
    // By a file, as lists of arguments are for all to see.
    await writeFile(join(path, 'config'), configOf(url), { mode: 0o600 });
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
  return { path, git, [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose]() };
}

function configOf(url: string): string {
  const quoted = url.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '');
  return `[core]\n\tbare = true\n\trepositoryformatversion = 0\n[remote "source"]\n\turl = "${quoted}"\n`;
}
