import { constants } from 'node:fs';
import { copyFile, readFile, stat } from 'node:fs/promises';
import { VirtbsError } from '../errors.js';

/** The files that boot a guest without a boot loader; they are beside the file of its disk. */
export interface BootFiles {
  readonly kernel: string;
  readonly initrd: string;
  /** The kernel's parameters, one line. */
  readonly cmdline: string;
}

/** `FILE.kernel`, `FILE.initrd` and `FILE.cmdline` belong to the image FILE. */
export function bootFilesOf(file: string): BootFiles {
  return { kernel: `${file}.kernel`, initrd: `${file}.initrd`, cmdline: `${file}.cmdline` };
}

/**
 * Copies the kernel and the initrd that are beside an image, and reads the parameters. Nothing where there are none.
 *
 * @throws VirtbsError `file-unreadable` where only some of the three are there
 */
export async function takeBootFiles(
  file: string,
  target: Pick<BootFiles, 'kernel' | 'initrd'>,
): Promise<{ readonly cmdline: string } | undefined> {
  const beside = bootFilesOf(file);
  const paths = Object.values(beside);
  const found = await Promise.all(paths.map(async (path) => (await stat(path).catch(() => undefined))?.isFile()));
  const missing = paths.filter((_, index) => found[index] !== true);
  if (missing.length === paths.length) return undefined;
  if (missing.length > 0) {
    throw new VirtbsError('file-unreadable', `${missing.join(' and ')}: missing, but not all that belongs to it`, {
      hint: `an image has a kernel, an initrd and a cmdline beside it, or none of them`,
    });
  }
  await copyFile(beside.kernel, target.kernel, constants.COPYFILE_FICLONE);
  await copyFile(beside.initrd, target.initrd, constants.COPYFILE_FICLONE);
  return { cmdline: (await readFile(beside.cmdline, 'utf8')).trim() };
}
