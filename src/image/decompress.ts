import { createGunzip } from 'node:zlib';
import { VirtbsError } from '../errors.js';
import { decode, startDecoder, type Decoder } from './decoder.js';
import type { ImageCompression } from '../config/image-recipe.js';

/**
 * The most memory that a file may ask for to be decompressed: eight times what `xz -9` does. zstd has a limit of its own, 128
 * MiB.
 */
const MEMORY = '--memlimit-decompress=512MiB';

const PROGRAMS = {
  bz2: { program: 'bzip2', args: ['-dc'] },
  xz: { program: 'xz', args: ['-dc', '-T0', MEMORY] },
  zst: { program: 'zstd', args: ['-dc'] },
} as const;

/**
 * Decompresses bytes as they come: xz, zst and bz2 by the programs of these names, gz by Node. See {@link decode}.
 *
 * @throws VirtbsError `image-corrupt` with the decoder's words, `program-missing`; what the source of the bytes throws
 */
export function decompress(
  chunks: AsyncIterable<Buffer>,
  compression: Exclude<ImageCompression, 'none'>,
): AsyncGenerator<Buffer> {
  const decoder = compression === 'gz' ? startGunzip() : startProgram(PROGRAMS[compression]);
  return decode(chunks, decoder, (cause) => damaged(`${compression}: the data ends before the file does`, cause));
}

function startGunzip(): Decoder {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  let failure: VirtbsError | undefined;
  gunzip.on('error', (error) => {
    // Others come from the pipeline that feeds it.
    if ('code' in error && String(error.code).startsWith('Z_')) failure = damaged(`gz: ${error.message}`, error);
  });
  return { input: gunzip, output: gunzip, stopsEarly: false, failure: async () => failure };
}

function startProgram({ program, args }: { readonly program: string; readonly args: readonly string[] }): Decoder {
  const judge = (words: string, ending: string | null) =>
    ending === null ? undefined : damaged(`${program}: ${words || ending}`);
  return startDecoder({ program, args, stopsEarly: false, judge });
}

function damaged(words: string, cause?: unknown): VirtbsError {
  return new VirtbsError('image-corrupt', `the file cannot be decompressed: ${words}`, {
    hint: 'it is damaged where it comes from, cut off, or made to do harm: compare its digest, or take it from another mirror',
    cause,
  });
}
