import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { VirtbsError } from '../errors.js';
import { PROJECT_FILE } from '../filenames.js';
import { unknownWord } from '../text/unknown-word.js';
import { readPayloadReference } from './payload-reference.js';

/** A payload on this machine. */
export interface Payload {
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** Its configuration file, in the folder. */
  readonly file: string;
}

export interface FindPayloadOptions {
  /** Relative paths start here. */
  readonly cwd: string;
  /** The folder of this package; it holds `payloads/`. */
  readonly packageDirectory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Returns the folder in which payloads from elsewhere are kept; asked for only where one is. */
  readonly root: () => Promise<string>;
}

/**
 * Finds a payload; fetches one from elsewhere, unless it is there.
 *
 * @param text what `--payload` says: see `readPayloadReference`
 * @throws VirtbsError `usage` where there is no such payload, `payload-unavailable` where it cannot be fetched or is not what its digest says
 */
export async function findPayload(text: string, options: FindPayloadOptions): Promise<Payload> {
  const { cwd, packageDirectory } = options;
  const reference = readPayloadReference(text);
  if (reference.kind === 'name') return await findShipped(reference.name, resolve(cwd, packageDirectory));
  if (reference.kind === 'folder') return await payloadIn(resolve(cwd, reference.path));
  const { fetchPayload } = await import('./fetch-payload.js');
  const fetched = await fetchPayload(reference, {
    root: await options.root(),
    env: options.env,
    signal: options.signal,
  });
  return await payloadIn(join(fetched, reference.folder), nameOf(reference.folder, reference.url.toString()));
}

/** Returns the payloads that come with virtbs, by name. */
export async function shippedPayloads(packageDirectory: string): Promise<readonly Payload[]> {
  const folder = join(packageDirectory, 'payloads');
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return names.sort().map((name) => describePayload(name, join(folder, name)));
}

async function findShipped(name: string, packageDirectory: string): Promise<Payload> {
  const payloads = await shippedPayloads(packageDirectory);
  const found = payloads.find((payload) => payload.name === name);
  if (found) return found;
  const words = unknownWord('unknown payload', name, payloads.map((payload) => payload.name)); // prettier-ignore
  throw new VirtbsError('usage', `--payload: ${words}`, {
    hint: `\`virtbs payload ls\` lists those that come with virtbs; a folder is written with a slash: ./${name}`,
  });
}

async function payloadIn(folder: string, name = basename(folder)): Promise<Payload> {
  const payload = describePayload(name, folder);
  if ((await stat(payload.file).catch(() => null))?.isFile()) return payload;
  const found = await stat(folder).catch(() => null);
  const what = found ? (found.isDirectory() ? `has no ${PROJECT_FILE}` : 'is no folder') : 'is not there';
  throw new VirtbsError('usage', `--payload: ${folder} ${what}`, {
    hint: `a payload is a folder with a ${PROJECT_FILE}`,
  });
}

function describePayload(name: string, folder: string): Payload {
  return { name, folder, file: join(folder, PROJECT_FILE) };
}

function nameOf(folder: string, url: string): string {
  return basename(folder === '' ? new URL(url).pathname : folder).replace(/\.git$|\.tar(?:\.\w+)?$|\.tgz$/, '');
}
