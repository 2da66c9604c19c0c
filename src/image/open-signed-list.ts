import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtbsError } from '../errors.js';
import { readPlainFile } from '../read-plain-file.js';
import { runProgram } from '../process/run-program.js';
import { dearmour } from './dearmour.js';

export interface LabelledBytes {
  /** The origin of the bytes, for messages. */
  readonly label: string;
  readonly bytes: Buffer;
}

export interface SignedList {
  readonly list: LabelledBytes;
  /** A signature of its own; without one the list carries it in itself. */
  readonly signature: LabelledBytes | undefined;
  /** Path of the keys that may sign. */
  readonly keyring: string;
  readonly signal: AbortSignal;
}

/** The verdict of gpgv about signatures, by the words of its status lines (doc/DETAILS of GnuPG). */
interface Verdict {
  readonly words: ReadonlySet<string>;
  /** Ids of keys that signed and are not in the keyring. */
  readonly unknown: readonly string[];
}

/** An expired or revoked key signs as little as one that is not known. */
const REFUSALS: Readonly<Record<string, string>> = {
  BADSIG: 'the signature is wrong',
  EXPSIG: 'the signature has expired',
  EXPKEYSIG: 'the key that signed it has expired',
  REVKEYSIG: 'the key that signed it was revoked',
  UNEXPECTED: 'it is not one signed text',
};

/**
 * The text of a list that a key in the keyring has signed: nothing but what was signed, also where more stands around it.
 * Signatures by other keys beside a good one do not matter, wrong ones do.
 *
 * @throws VirtbsError `image-corrupt` where no such key has signed it, `file-unreadable` where the keyring is none,
 *   `program-missing` without gpgv
 */
export async function openSignedList({ list, signature, keyring, signal }: SignedList): Promise<Buffer> {
  await using directory = await makeTemporaryDirectory();
  const path = (name: string) => join(directory.path, name);
  await writeFile(path('keyring'), await readKeyring(keyring));
  await writeFile(path('list'), list.bytes);
  if (signature) await writeFile(path('signature'), signature.bytes);
  const files = signature ? [path('signature'), path('list')] : ['--output', path('signed'), path('list')];
  const verdict = await runGpgv(['--homedir', directory.path, '--keyring', path('keyring'), ...files], signal);
  const refusal = describeRefusal(verdict);
  if (refusal === undefined) return signature ? list.bytes : await readFile(path('signed'));
  const what = signature ? `${list.label}, signed by ${signature.label}` : list.label;
  throw new VirtbsError('image-corrupt', `${what}: ${refusal}`, {
    hint:
      verdict.unknown.length > 0
        ? `if it is the publisher's key, add it to ${keyring}`
        : 'do not trust this list: see whether the publisher has another one, and whether signature belongs to it',
  });
}

interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

async function makeTemporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'virtbs-signed-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Bytes; a distribution's keyring has some hundred thousand. */
const MOST_KEYRING = 64 * 1024 ** 2;

/** gpgv takes binary keyrings only; publishers give armoured ones. */
async function readKeyring(path: string): Promise<Buffer> {
  let keys: Buffer | undefined;
  let cause: unknown;
  try {
    keys = dearmour(await readPlainFile(path, { most: MOST_KEYRING }));
  } catch (error) {
    cause = error;
  }
  if (keys && keys.length > 0) return keys;
  const reason = cause instanceof Error ? cause.message : 'it has no keys';
  throw new VirtbsError('file-unreadable', `keyring ${path} cannot be read: ${reason}`, {
    hint: 'give the path of the public keys that may sign, as gpg --export or a publisher writes them',
    cause,
  });
}

async function runGpgv(args: readonly string[], signal: AbortSignal): Promise<Verdict> {
  const words = new Set<string>();
  const unknown: string[] = [];
  const onLine = (line: string) => {
    const [, word, argument = ''] = /^\[GNUPG:\] (\w+)(?: (\S+))?/.exec(line) ?? [];
    if (word !== undefined) words.add(word);
    if (word === 'NO_PUBKEY') unknown.push(argument);
  };
  try {
    await runProgram('gpgv', ['--status-fd', '1', ...args], { signal, onLine });
  } catch (error) {
    // Its status lines say why; a missing key also ends it so where another has signed well.
    if (!(error instanceof VirtbsError) || error.code !== 'program-failed') throw error;
    if (unknown.length === 0) words.add('FAILED');
  }
  return { words, unknown };
}

/** Returns why the list is not to be used; nothing where it is. */
function describeRefusal({ words, unknown }: Verdict): string | undefined {
  const reason = Object.entries(REFUSALS).find(([word]) => words.has(word))?.[1];
  if (reason !== undefined) return reason;
  if (words.has('GOODSIG') && words.has('VALIDSIG') && !words.has('FAILED')) return undefined;
  if (unknown.length > 0) return `it is signed by key ${unknown.join(', ')}, which the keyring does not have`;
  return 'it has no signature that gpgv can read';
}
