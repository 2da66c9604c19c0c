import { VirtbsError } from '../errors.js';
import type { ImageCompression, ImageFormat } from './types.js';

/** So many bytes at the beginning tell what a file is, and a web page its title. */
export const HEAD_BYTES = 8192;

type Magic = readonly [what: string, hex: string];

const COMPRESSIONS: readonly (readonly [ImageCompression, RegExp])[] = [
  ['xz', /^fd377a585a00/],
  ['gz', /^1f8b/],
  ['bz2', /^425a683[1-9](314159265359|177245385090)/],
  // A frame, or a frame to skip, with which parallel compressors begin (RFC 8878, section 3.1).
  ['zst', /^(28b52ffd|5[0-9a-f]2a4d18)/],
];

const OTHERS: readonly Magic[] = [
  ['a zip archive', '504b0304'],
  ['a 7z archive', '377abcaf271c'],
  ['a VMDK image', '4b444d56'],
  ['a VHDX image', '7668647866696c65'],
  ['a QED image', '51454400'],
  ['a qcow image of version 1', '514649fb00000001'],
];

/** The compression that a file's name promises, also in the short form that archives have: `.tgz`. */
export function compressionOf(name: string): ImageCompression {
  const ending = /\.(?:t?(xz|gz|zst)|t?bz2?)$/i.exec(name);
  if (!ending) return 'none';
  const compression = ending[1]?.toLowerCase();
  return compression === 'xz' || compression === 'gz' || compression === 'zst' ? compression : 'bz2';
}

/**
 * Checks the first bytes as they are served.
 *
 * @throws VirtbsError `image-corrupt` for a web page, and for what is not compressed as expected
 */
export function assertServed(head: Buffer, compression: ImageCompression): void {
  const page = /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^]*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b/i;
  const text = head.toString('utf8').replace(/^\uFEFF/, '');
  if (page.test(text)) {
    const title = /<title[^>]*>([^<]*)/i
      .exec(text)?.[1]
      ?.replaceAll(/[\s\p{Cc}]+/gu, ' ')
      .trim()
      .slice(0, 100);
    throw new VirtbsError(
      'image-corrupt',
      `the server sent a web page instead of an image${title ? `: ${JSON.stringify(title)}` : ''}`,
      {
        hint: 'open the url in a browser: the file has moved, or the network wants a login',
      },
    );
  }
  const found = compressionIn(head);
  if (found === compression || compression === 'none') return;
  throw new VirtbsError('image-corrupt', `the file is not ${compression}-compressed`, {
    hint: `correct the url in the recipe, or set compression: ${found ?? 'none'}`,
  });
}

/**
 * The format of an image by its first bytes, decompressed.
 *
 * @throws VirtbsError `image-corrupt` where it is none, another than declared, or a qcow2 that leans on a file elsewhere,
 *   which could be any file of this machine
 */
export function formatOf(head: Buffer, declared: ImageFormat | undefined): ImageFormat {
  const format =
    head.subarray(0, 4).toString('hex') === '514649fb' && head.length >= 8 && head.readUInt32BE(4) > 1
      ? 'qcow2'
      : 'raw';
  if (format === 'qcow2') assertStandsAlone(head);
  else assertDisk(head);
  if (declared === undefined || declared === format) return format;
  throw new VirtbsError('image-corrupt', `the image is ${format}, the recipe says ${declared}`, {
    hint: `set format: ${format}, or correct the url`,
  });
}

/** Offsets and bits as in qemu's docs/interop/qcow2.rst. */
function assertStandsAlone(head: Buffer): void {
  const version = head.readUInt32BE(4);
  if (version > 3 || head.length < (version === 2 ? 72 : 104)) {
    throw new VirtbsError('image-corrupt', `the image is no qcow2 of version 2 or 3`, { hint: 'give another image' });
  }
  const backing = head.readBigUInt64BE(8) !== 0n;
  const external = version === 3 && (head.readBigUInt64BE(72) & 4n) !== 0n;
  if (!backing && !external) return;
  throw new VirtbsError(
    'image-corrupt',
    `the image has ${backing ? 'a backing file' : 'an external data file'} and is refused`,
    {
      hint: 'it could show any file of this machine to a guest; make one that stands alone: qemu-img convert -O qcow2 IMAGE ALONE.qcow2',
    },
  );
}

/** Any bytes can be a raw disk, save those that are plainly something else. */
function assertDisk(head: Buffer): void {
  const hex = head.subarray(0, 16).toString('hex');
  const compression = compressionIn(head);
  const other = OTHERS.find(([, magic]) => hex.startsWith(magic))?.[0];
  const tar = head.subarray(257, 262).toString('latin1') === 'ustar' ? 'a tar archive' : undefined;
  const what =
    head.length === 0
      ? 'empty'
      : compression
        ? `${compression}-compressed`
        : (other ?? tar ?? (isText(head) ? 'a text' : undefined));
  if (what === undefined) return;
  throw new VirtbsError('image-corrupt', `the file is ${what}, no qcow2 or raw image`, {
    hint: compression
      ? `set compression: ${compression}`
      : tar
        ? 'say which file of the archive is the image: member: NAME'
        : 'give the url of a qcow2 or raw image; xz, gz, bz2, zst and tar are unpacked',
  });
}

function compressionIn(head: Buffer): ImageCompression | undefined {
  const hex = head.subarray(0, 16).toString('hex');
  return COMPRESSIONS.find(([, magic]) => magic.test(hex))?.[0];
}

function isText(head: Buffer): boolean {
  return !head.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27) || byte === 127);
}
