import { pathToFileURL } from 'node:url';
import type { ErrorCode } from '../error-kinds.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { addBuild, type AddedBuild, type AddRequest } from './add-build.js';
import { takeBootFiles } from './boot-files.js';
import { buildFiles } from './build-record.js';
import { digestFile } from '../files/digest-file.js';
import { downloadImage } from './download-image.js';
import type { MadeImage, MakeImageContext } from './make-image-context.js';
import type { ImageSource } from './ready-all-images.js';
import { digestOf } from '../digest-of.js';

export interface ImportRequest extends AddRequest {
  /** Absolute path. */
  readonly file: string;
}

/**
 * Takes an image file of this machine into the library: qcow2 or raw, compressed or not, looked at as a download is; with
 * the kernel and initrd that are beside it.
 *
 * @throws VirtbsError `file-unreadable`, `image-corrupt`, `usage`, `not-enough-disk`
 */
export async function importImage(
  request: ImportRequest,
  source: ImageSource,
  context: VerbContext,
): Promise<AddedBuild> {
  return await addBuild({ ...request, make: (making) => takeFile(request.file, making) }, source, context);
}

const HINTS: Partial<Record<ErrorCode, string>> = {
  'file-unreadable': 'see whether the path is right, and who may read the file',
  'image-corrupt':
    'give a qcow2 or raw image that is whole and stands alone (qemu-img convert [-f FORMAT] -O qcow2 IMAGE ALONE.qcow2); it is decompressed by the ending of its name, and .raw says that it is raw whatever is in it',
};

async function takeFile(file: string, context: MakeImageContext): Promise<MadeImage> {
  const made = await copyImage(file, context);
  const files = buildFiles(context.directory, made.format);
  const boot = await takeBootFiles(file, files);
  if (!boot) return made;
  const parts = [files.disk, files.kernel, files.initrd];
  const digests = await Promise.all(parts.map((part) => digestFile(part, { sync: true })));
  const content = digestOf([...digests, boot.cmdline]);
  return { ...made, boot, content: `sha256:${content}` };
}

/** The hints of a download speak of a recipe. */
async function copyImage(file: string, context: MakeImageContext): Promise<MadeImage> {
  try {
    return await downloadImage({ url: pathToFileURL(file).href, insecure: true }, context);
  } catch (error) {
    const hint = error instanceof VirtbsError ? HINTS[error.code] : undefined;
    if (!(error instanceof VirtbsError) || hint === undefined) throw error;
    throw new VirtbsError(error.code, error.message, { hint, cause: error });
  }
}
