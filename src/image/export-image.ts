import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, lstat, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { buildDirectory } from '../filenames.js';
import { callersFileMode } from '../process/own-umask.js';
import { runProgram } from '../process/run-program.js';
import { bootFilesOf } from './boot-files.js';
import { buildFiles, type BuildRecord } from './build-record.js';
import { parseBuildReference, resolveBuild } from './build-reference.js';
import { explainFileFailure } from './explain-file-failure.js';
import { useImages } from './lock-images.js';
import type { ImageFormat } from '../config/image-recipe.js';

export interface ExportRequest {
  readonly root: string;
  /** `SLOT`, `SLOT:TAG` or `SLOT/BUILD`. */
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly format: ImageFormat;
  /** Replace files that are there. */
  readonly force: boolean;
}

export interface ExportResult {
  readonly version: 1;
  readonly slot: string;
  readonly build: string;
  readonly format: ImageFormat;
  /** Absolute paths: the image first, then its kernel, initrd and kernel parameters where it has them. */
  readonly files: readonly string[];
  /** Length of the image in bytes. */
  readonly bytes: number;
}

/**
 * Writes a build as one image that needs no other, whole or not at all, with what it is booted by beside it:
 * `virtbs image import` takes both again.
 *
 * @throws VirtbsError `file-exists`, `image-unknown`, `program-failed`, `not-enough-disk`
 */
export async function exportImage(request: ExportRequest, context: VerbContext): Promise<ExportResult> {
  const { root, name, file, format } = request;
  const reference = parseBuildReference(name);
  await using _lock = await useImages(root, { ...context, holder: `exporting image ${reference.slot}` });
  const record = await resolveBuild(root, reference);
  const { kernel, initrd, cmdline } = bootFilesOf(file);
  const files = record.boot ? [file, kernel, initrd, cmdline] : [file];
  if (!request.force) await assertMissing(files);
  const temporary = new Map(files.map((path) => [path, temporaryFor(path)]));
  const write = async (path: string, make: (path: string) => Promise<unknown>): Promise<unknown> =>
    await make(temporary.get(path) ?? path);
  try {
    const source = buildFiles(buildDirectory(root, record.slot, record.build), record.format);
    await write(file, (path) => convert(record, { source: source.disk, path, format }, context));
    const { boot } = record;
    if (boot) {
      await explainFileFailure(file, async () => {
        await write(kernel, (path) => copyFile(source.kernel, path, constants.COPYFILE_FICLONE));
        await write(initrd, (path) => copyFile(source.initrd, path, constants.COPYFILE_FICLONE));
        await write(cmdline, (path) => writeFile(path, `${boot.cmdline}\n`));
      });
    }
    const { size } = await stat(temporary.get(file) ?? file);
    await explainFileFailure(file, async () => {
      for (const [path, made] of temporary) {
        await chmod(made, callersFileMode());
        await rename(made, path);
      }
    });
    return { version: 1, slot: record.slot, build: record.build, format, files, bytes: size };
  } finally {
    for (const path of temporary.values()) await rm(path, { force: true });
  }
}

async function convert(
  { format: sourceFormat }: BuildRecord,
  { source, path, format }: { readonly source: string; readonly path: string; readonly format: ImageFormat },
  { signal }: VerbContext,
): Promise<void> {
  await runProgram('qemu-img', ['convert', '-q', '-f', sourceFormat, '-O', format, source, path], { signal });
}

async function assertMissing(files: readonly string[]): Promise<void> {
  for (const file of files) {
    if (!(await lstat(file).catch(() => undefined))) continue;
    throw new VirtbsError('file-exists', `${file} is there already`, {
      hint: 'choose another name, or --force to replace it',
    });
  }
}

function temporaryFor(path: string): string {
  return join(dirname(path), `.${basename(path)}-${randomBytes(6).toString('hex')}.tmp`);
}
