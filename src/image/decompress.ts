import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { VirtbsError } from '../errors.js';
import type { ImageCompression } from './types.js';

/** Something that takes compressed bytes and gives decompressed ones. */
interface Decoder {
  readonly input: Writable;
  readonly output: Readable;
  /** What went wrong, once both ends are closed; nothing where all went well. */
  readonly failure: () => Promise<VirtbsError | string | undefined>;
}

const PROGRAMS = {
  bz2: { program: 'bzip2', args: ['-dc'] },
  xz: { program: 'xz', args: ['-dc', '-T0'] },
  zst: { program: 'zstd', args: ['-dc'] },
} as const;

/**
 * Decompresses bytes as they come: xz and zst by the programs of these names, gz by Node. To stop reading closes
 * its output, which ends the program; the source of the bytes is the caller's to end.
 *
 * @throws VirtbsError `image-corrupt` with the decoder's words, `program-missing`; what the source of the bytes throws
 */
export async function* decompress(
  chunks: AsyncIterable<Buffer>,
  compression: Exclude<ImageCompression, 'none'>,
): AsyncGenerator<Buffer> {
  const decoder = compression === 'gz' ? startGunzip() : startProgram(PROGRAMS[compression]);
  const fed: Promise<unknown> = pipeline(chunks, decoder.input).then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    yield* decoder.output as AsyncIterable<Buffer>;
  } catch {
    // The decoder failed, or its source did: seen below.
  }
  // Without its source a decoder complains about the end of it: the source's error is the one that counts.
  const sourceFailure = await fed;
  if (sourceFailure instanceof VirtbsError) throw sourceFailure;
  const failure = await decoder.failure();
  if (failure instanceof VirtbsError) throw failure;
  if (failure === undefined && sourceFailure === undefined) return;
  const words = failure ?? `${compression}: the data ends before the file does`;
  throw new VirtbsError('image-corrupt', `the file cannot be decompressed: ${words}`, {
    hint: 'it is damaged where it comes from, or cut off: compare its digest, or take it from another mirror',
    cause: sourceFailure,
  });
}

function startGunzip(): Decoder {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  let failure: string | undefined;
  gunzip.on('error', (error) => {
    // Others come from the pipeline that feeds it.
    if ('code' in error && String(error.code).startsWith('Z_')) failure = `gz: ${error.message}`;
  });
  return { input: gunzip, output: gunzip, failure: async () => failure };
}

function startProgram({ program, args }: { readonly program: string; readonly args: readonly string[] }): Decoder {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-500);
  });
  const ended = new Promise<VirtbsError | string | undefined>((resolve) => {
    child.on('error', (cause) => {
      resolve(
        new VirtbsError('program-missing', `${program} cannot be started: ${cause.message}`, {
          hint: `install ${program}, or let bin/quickstart install all that is missing`,
          cause,
        }),
      );
    });
    child.on('close', (code, signal) => {
      const reason = words.replaceAll(`${program}: `, '').trim() || `ended with ${signal ?? `exit code ${code}`}`;
      resolve(code === 0 ? undefined : `${program}: ${reason}`);
    });
  });
  return { input: child.stdin, output: child.stdout, failure: () => ended };
}
