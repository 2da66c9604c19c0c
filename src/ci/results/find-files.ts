import { lstat, readdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { minimatch } from 'minimatch';

/** Files that a pattern may fit. */
const MOST = 10_000;

/** No more signs than fit a name in a plain shell; hidden files only for patterns that begin with a dot. */
const AS_A_SHELL = { nobrace: true, noext: true, nocomment: true, nonegate: true, noglobstar: true } as const;

/**
 * Returns the plain files of this machine that fit patterns: `*`, `?`, `[abc]` in a name, `**` for any folders; a folder that fits
 * stands for all in it. Links are never followed: what a change brings could lead them anywhere.
 *
 * @param base where relative patterns begin
 * @returns absolute paths, sorted
 */
export async function findFiles(patterns: readonly string[], base: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    const parts = pattern.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) continue;
    await walk(isAbsolute(pattern) ? '/' : base, parts, found);
  }
  return [...found].sort();
}

async function walk(path: string, [part, ...rest]: readonly string[], found: Set<string>): Promise<void> {
  if (found.size >= MOST) return;
  if (part === undefined) return await takeAll(path, found);
  if (part === '**') {
    await walk(path, rest, found);
    for (const entry of await entries(path))
      if (entry.isDirectory()) await walk(join(path, entry.name), ['**', ...rest], found);
    return;
  }
  if (!/[*?[]/.test(part)) return await walk(join(path, part), rest, found);
  for (const entry of await entries(path)) {
    if (minimatch(entry.name, part, AS_A_SHELL) && !entry.isSymbolicLink())
      await walk(join(path, entry.name), rest, found);
  }
}

async function takeAll(path: string, found: Set<string>): Promise<void> {
  const status = await lstat(path).catch(() => null);
  if (status?.isFile() && found.size < MOST) found.add(path);
  if (!status?.isDirectory()) return;
  for (const entry of await entries(path)) await takeAll(join(path, entry.name), found);
}

async function entries(path: string) {
  const status = await lstat(path).catch(() => null);
  return status?.isDirectory() ? await readdir(path, { withFileTypes: true }).catch(() => []) : [];
}
