import { createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Guest } from '../../guest/guest.js';
import { GUEST_LIMITS } from '../../guest/guest-limits.js';
import { runInGuest } from '../../guest/run-in-guest.js';
import { runProgram } from '../../process/run-program.js';
import { renderSize } from '../../text/render-size.js';
import { shellQuote } from '../../text/shell-quote.js';

export interface FetchFilesOptions {
  readonly guest: Guest;
  /** Patterns of a shell, `/var/log/*.log`; relative ones are for the home of the login. */
  readonly patterns: readonly string[];
  /** The folder that gets them below their paths; made. */
  readonly folder: string;
  /** Bytes that are fetched. */
  readonly most: number;
  /** Milliseconds. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** Characters of a line of base64: no more than a line of a guest has. */
const LINE = 57_000;

/**
 * Fetches files of a guest, as its root where the login may become that. Links are followed in the guest, and none of them arrives here;
 * nothing is written outside of the folder.
 *
 * @returns what went wrong; undefined where all is well, also where no file fits
 */
export async function fetchFiles({
  guest,
  patterns,
  folder,
  most,
  deadline,
  signal,
}: FetchFilesOptions): Promise<string | undefined> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const archive = join(folder, '.fetched.tar');
  const file = createWriteStream(archive, { mode: 0o600, flags: 'wx' });
  let bytes = 0;
  let rest = '';
  try {
    const run = await runInGuest(guest, fetchCommand(patterns), {
      signal,
      deadline,
      kept: 4096,
      // Base64 is a third longer.
      printed: Math.ceil((most * 4) / 3) + GUEST_LIMITS.kept,
      onLine: async (line, stream) => {
        if (stream !== 'stdout' || bytes >= most) return;
        // A line can come in pieces, and each must be a whole number of groups.
        const text = rest + line;
        const whole = text.length - (text.length % 4);
        rest = text.slice(whole);
        const decoded = Buffer.from(text.slice(0, whole), 'base64').subarray(0, most - bytes);
        bytes += decoded.length;
        if (!file.write(decoded)) await new Promise<void>((resolve) => file.once('drain', () => resolve()));
      },
    });
    file.end();
    await finished(file);
    if (bytes === 0) return run.exitCode === 0 ? undefined : describe(run);
    await unpack(archive, folder, signal);
    await removeOddFiles(folder, most);
    if (bytes >= most || run.cut === 'printed') return `only the first ${renderSize(most)} are fetched`;
    return run.cut === 'deadline' ? 'not all was fetched in time' : undefined;
  } finally {
    file.destroy();
    await rm(archive, { force: true });
  }
}

function describe({
  stderr,
  exitCode,
  cut,
}: {
  readonly stderr: string;
  readonly exitCode: number;
  readonly cut: string | null;
}): string {
  if (cut !== null) return 'no answer in time';
  return stderr.trim().split('\n').at(-1) || `exit code ${exitCode}`;
}

/** The line of shell: tar as root, of what fits; a file that grows meanwhile is none that failed. */
function fetchCommand(patterns: readonly string[]): string {
  const loop = `for f in ${patterns.map(globWord).join(' ')}; do [ -e "$f" ] && set -- "$@" "$f"; done`;
  const script = `${loop}; [ $# -eq 0 ] || tar -c -h -f - "$@" 2>/dev/null | base64 -w ${LINE}`;
  return `if [ "$(id -u)" = 0 ] || ! sudo -n true 2>/dev/null; then sh -c ${shellQuote(script)}; else sudo -n sh -c ${shellQuote(script)}; fi`;
}

/** A pattern as a word of shell: what fits names stays special, all else is quoted. */
export function globWord(pattern: string): string {
  const safe = pattern.startsWith('-') ? `./${pattern}` : pattern;
  return safe
    .split(/([*?]|\[[^\]/]+\])/)
    .map((part, index) =>
      index % 2 === 1 ? part.replaceAll(/[^\w*?[\]!^.-]/g, '?') : part === '' ? '' : shellQuote(part),
    )
    .join('');
}

/** tar leaves out what would land elsewhere; what is cut in the middle gives the files before it. */
async function unpack(archive: string, folder: string, signal: AbortSignal): Promise<void> {
  const args = [
    '--extract',
    '--file',
    archive,
    '--directory',
    folder,
    '--no-same-owner',
    '--no-same-permissions',
    '--keep-old-files',
  ];
  await runProgram('tar', [...args, '--delay-directory-restore', '--warning=none'], { signal }).catch(
    (error: unknown) => {
      signal.throwIfAborted();
      return error;
    },
  );
}

/** Leaves plain files and folders alone: a link would lead whoever reads it out of the folder. */
async function removeOddFiles(folder: string, most: number): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await removeOddFiles(path, most);
    // Also a file of holes, which is longer than anything that was sent, and one with another name elsewhere.
    else if (!entry.isFile() || (await lstat(path)).size > most || (await lstat(path)).nlink > 1)
      await rm(path, { force: true });
  }
}
