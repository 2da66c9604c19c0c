import { createHash } from 'node:crypto';
import { lstat, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VirtbsError } from '../errors.js';
import { runProgram } from '../process/run-program.js';
import { buildFiles } from './build-record.js';
import { readVirtualSize } from './inspect-disk.js';
import type { MadeImage, MakeImageContext } from './make-build.js';
import { shippedMini } from './recipe-key.js';
import type { MiniRecipe } from './types.js';

const LAST_LINES = 10;

/**
 * Builds the default image by its script, `build DIRECTORY [SIZE_BYTES]`, which makes `disk.qcow2`, `kernel`, `initrd` and
 * `cmdline` there; each line it prints becomes an event.
 *
 * @throws VirtbsError `image-build-failed` with the script's last lines
 */
export async function buildMini(recipe: MiniRecipe, context: MakeImageContext): Promise<MadeImage> {
  const { slot, directory, emit, signal } = context;
  const script = join(context.miniDirectory ?? (await shippedMini()), 'build');
  const lines: string[] = [];
  const onLine = (line: string) => {
    lines.push(line);
    emit({ type: 'image-log', slot, line });
  };
  try {
    await runProgram(script, [directory, ...(recipe.size === undefined ? [] : [String(recipe.size)])], {
      signal,
      onLine,
    });
  } catch (error) {
    throw describeFailure(script, error, lines.slice(-LAST_LINES));
  }
  const files = buildFiles(directory, 'qcow2');
  const parameters = join(directory, 'cmdline');
  const made = [files.disk, files.kernel, files.initrd, parameters];
  await assertPlainFiles(script, made);
  const content = await digestFiles(made);
  const cmdline = (await readFile(parameters, 'utf8')).trim();
  await rm(parameters);
  return {
    format: 'qcow2',
    virtualSize: await readVirtualSize(files.disk, 'qcow2', signal),
    content: `sha256:${content}`,
    boot: { cmdline },
  };
}

function describeFailure(script: string, error: unknown, lines: readonly string[]): unknown {
  if (!(error instanceof VirtbsError) || error.code === 'cancelled') return error;
  const missing = error.code === 'program-missing';
  const message = missing ? `${script} is not there` : `${script} failed:\n${lines.join('\n') || error.message}`;
  return new VirtbsError('image-build-failed', message, {
    hint: missing
      ? 'the installation is incomplete: clone or unpack it again'
      : 'correct what the last lines say, then try again',
    cause: error,
  });
}

/** A link to a kernel outside would change with the host, and a build must not. */
async function assertPlainFiles(script: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isFile() && found.size > 0) continue;
    const what = found ? (found.isFile() ? 'is empty' : 'is no plain file') : 'is missing';
    throw new VirtbsError('image-build-failed', `${script} ended well, but ${path} ${what}`, {
      hint: 'correct the script, or see whether the disk is full',
    });
  }
}

/** Over all files in this order; each is on the disk, not only in memory, when it has been read. */
async function digestFiles(paths: readonly string[]): Promise<string> {
  const digests: string[] = [];
  for (const path of paths) {
    await using file = await open(path);
    await file.sync();
    const hash = createHash('sha256');
    for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) hash.update(chunk);
    digests.push(hash.digest('hex'));
  }
  return createHash('sha256').update(digests.join('\n')).digest('hex');
}
