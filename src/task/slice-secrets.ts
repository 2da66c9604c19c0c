import { randomInt } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import type { SecretSettings } from '../config/task-settings.js';
import { VirtbsError } from '../errors.js';
import type { SlicePaths } from '../filenames.js';
import { refuseForeignFolder } from '../files/refuse-foreign-folder.js';
import { writeFileAtomic } from '../files/write-file-atomic.js';

const kept = z.record(z.string(), z.string());

/** Letters and digits that no shell, URL or configuration file takes for something else, and that nobody mistakes for others. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/**
 * Returns the secrets of a slice, by name; those that it has not are made. They are kept beside its keys, readable by their owner alone,
 * and outlive `wipe` as these do. One whose length was changed is made anew.
 *
 * The caller holds the slice's lock.
 */
export async function readySecrets(
  { keys }: SlicePaths,
  wanted: Readonly<Record<string, SecretSettings>>,
): Promise<Readonly<Record<string, string>>> {
  const names = Object.keys(wanted);
  if (names.length === 0) return {};
  for (const folder of [dirname(keys), keys]) await refuseForeignFolder(folder);
  await mkdir(keys, { recursive: true, mode: 0o700 });
  const path = secretsPath(keys);
  const known = await readKept(path);
  const missing = Object.entries(wanted).filter(([name, { length }]) => known[name]?.length !== length);
  const all = { ...known, ...Object.fromEntries(missing.map(([name, { length }]) => [name, makeSecret(length)])) };
  if (missing.length > 0) await writeFileAtomic(path, `${JSON.stringify(all, null, 2)}\n`, 0o600);
  return Object.fromEntries(names.map((name) => [name, all[name] ?? '']));
}

async function readKept(path: string): Promise<Readonly<Record<string, string>>> {
  try {
    return kept.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw new VirtbsError('file-unreadable', `${path}: the secrets of the slice cannot be read`, {
      hint: `mend the file, or remove it: new secrets are made then, and the slice must be made anew`,
      cause: error,
    });
  }
}

/** Returns those of the wanted secrets that a slice has, by name. Makes none. */
export async function findSecrets(
  { keys }: SlicePaths,
  wanted: Readonly<Record<string, SecretSettings>>,
): Promise<Readonly<Record<string, string>>> {
  if (Object.keys(wanted).length === 0) return {};
  const known = await readKept(secretsPath(keys));
  return Object.fromEntries(Object.entries(known).filter(([name, secret]) => secret.length === wanted[name]?.length));
}

function secretsPath(keys: string): string {
  return join(keys, 'secrets.json');
}

function makeSecret(length: number): string {
  return Array.from({ length }, () => LETTERS.charAt(randomInt(LETTERS.length))).join('');
}
