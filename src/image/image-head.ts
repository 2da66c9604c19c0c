import { VirtbsError } from '../errors.js';
import { qcow2Problem } from './qcow2-problem.js';
import type { ImageCompression, ImageFormat } from '../config/image-recipe.js';

/** So many bytes at the beginning tell what a file is, down to the superblock of btrfs, and a web page its title. */
export const HEAD_BYTES = 68 * 1024;

const COMPRESSIONS: readonly (readonly [ImageCompression, RegExp])[] = [
  ['xz', /^fd377a585a00/],
  ['gz', /^1f8b/],
  ['bz2', /^425a683[1-9](314159265359|177245385090)/],
  // A frame, or a frame to skip, with which parallel compressors begin (RFC 8878, section 3.1).
  ['zst', /^(28b52ffd|5[0-9a-f]2a4d18)/],
];

/**
 * A kind of file that is not a raw disk, known by the bytes at its beginning or at an offset; with a format where qemu can
 * convert it.
 */
interface Other {
  readonly what: string;
  readonly magic: string;
  readonly at?: number;
  readonly qemu?: string;
}

/** Sources: the headers in block/*.c of qemu; file(1) */
const OTHERS: readonly Other[] = [
  { what: 'a zip archive', magic: '504b0304' },
  { what: 'a 7z archive', magic: '377abcaf271c' },
  { what: 'a rar archive', magic: '526172211a07' },
  { what: 'a cpio archive', magic: '3037303730' },
  { what: 'a VMDK image', magic: '4b444d56', qemu: 'vmdk' },
  { what: 'a VMDK image', magic: '434f5744', qemu: 'vmdk' },
  { what: 'a VMDK image', magic: '23204469736b2044657363726970746f72', qemu: 'vmdk' },
  { what: 'a VHDX image', magic: '7668647866696c65', qemu: 'vhdx' },
  { what: 'a VHD image', magic: '636f6e6563746978', qemu: 'vpc' },
  { what: 'a VDI image', magic: '7f10dabe', at: 64, qemu: 'vdi' },
  { what: 'a Parallels image', magic: '576974686f7574467265655370616365', qemu: 'parallels' },
  { what: 'a Parallels image', magic: '576974686f7546726553706163457874', qemu: 'parallels' },
  { what: 'a QED image', magic: '51454400', qemu: 'qed' },
  { what: 'a qcow image of version 1', magic: '514649fb00000001', qemu: 'qcow' },
  { what: 'a Bochs image', magic: Buffer.from('Bochs Virtual HD Image').toString('hex'), qemu: 'bochs' },
  {
    what: 'a cloop image',
    magic: Buffer.from('#!/bin/sh\n#V2.0 Format\nmodprobe cloop').toString('hex'),
    qemu: 'cloop',
  },
  { what: 'encrypted with LUKS', magic: '4c554b53babe' },
  { what: 'a program of Linux', magic: '7f454c46' },
];

/** Bytes of a disk that can be booted or mounted. Sources: the formats' own headers, as in file(1) and libblkid. */
const DISKS: readonly (readonly [at: number, hex: string])[] = [
  [510, '55aa'], // a boot sector, also in front of GPT, of FAT and NTFS
  [512, '4546492050415254'], // GPT
  [4096, '4546492050415254'],
  [1080, '53ef'], // ext2 to ext4
  [0, '58465342'], // XFS
  [65_600, '5f42485266535f4d'], // btrfs
  [32_769, '4344303031'], // ISO 9660
  [0, '68737173'], // squashfs
  [1024, '1020f5f2'], // F2FS
  [1024, 'e2e1f5e0'], // EROFS
  [512, '4c4142454c4f4e45'], // LVM
  [508, 'dabe'], // the label of Sun
  [0, '4552'], // the map of Apple
  [66_908, '19015419'], // UFS2
];

/** The name of a file without the ending of its compression. */
export function plainName(name: string, compression: ImageCompression): string {
  return compression === 'none' ? name : name.replace(/\.[^.]*$/, '');
}

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
 * The format of an image by its first bytes, decompressed. Bytes that nobody knows are a raw disk only where somebody says so: the
 * recipe, or a name that ends with `.raw`.
 *
 * @param name the file's, without the ending of a compression
 * @throws VirtbsError `image-corrupt` where it is none, another than declared, or a qcow2 that leans on a file elsewhere,
 *   which could be any file of this machine
 */
export function formatOf(head: Buffer, declared: ImageFormat | undefined, name = ''): ImageFormat {
  const format =
    head.subarray(0, 4).toString('hex') === '514649fb' && head.length >= 8 && head.readUInt32BE(4) > 1
      ? 'qcow2'
      : 'raw';
  if (format === 'qcow2') assertStandsAlone(head);
  else assertDisk(head, declared === 'raw' || /\.raw$/i.test(name));
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
  const problem = qcow2Problem(head);
  if (problem) throw new VirtbsError('image-corrupt', `${problem.what}, and is refused`, { hint: problem.hint });
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

function assertDisk(head: Buffer, isSaid: boolean): void {
  const problem = otherThanDisk(head);
  if (problem) {
    throw new VirtbsError('image-corrupt', `the file is ${problem.what}, no qcow2 or raw image`, {
      hint: problem.hint,
    });
  }
  if (isSaid || head.every((byte) => byte === 0) || DISKS.some(([at, magic]) => hasMagic(head, magic, at))) return;
  throw new VirtbsError(
    'image-corrupt',
    'the file has nothing that a disk begins with: no partition table, no file system, no head of a qcow2 image',
    { hint: 'if it is a raw disk, say so: format: raw in the recipe, or a name that ends with .raw' },
  );
}

/** Tells what the first bytes are, where they are clearly not a disk, and what to do about it. */
function otherThanDisk(head: Buffer): { readonly what: string; readonly hint: string } | undefined {
  const hint = 'give the url of a qcow2 or raw image; xz, gz, bz2, zst and tar are unpacked';
  if (head.length === 0) return { what: 'empty', hint };
  const compression = compressionIn(head);
  if (compression) return { what: `${compression}-compressed`, hint: `set compression: ${compression}` };
  const other = OTHERS.find(({ magic, at }) => hasMagic(head, magic, at));
  if (other?.qemu !== undefined) return { what: other.what, hint: convertHint(other.qemu) };
  if (other) return { what: other.what, hint };
  if (head.subarray(257, 262).toString('latin1') === 'ustar') {
    return { what: 'a tar archive', hint: 'say which file of the archive is the image: member: NAME' };
  }
  return isText(head) ? { what: 'a text', hint } : undefined;
}

/** Returns the hint how to convert an image of another format. */
export function convertHint(format: string): string {
  return `convert it: qemu-img convert -f ${format} -O qcow2 IMAGE NEW.qcow2`;
}

function hasMagic(head: Buffer, magic: string, at = 0): boolean {
  return head.subarray(at, at + magic.length / 2).toString('hex') === magic;
}

function compressionIn(head: Buffer): ImageCompression | undefined {
  const hex = head.subarray(0, 16).toString('hex');
  return COMPRESSIONS.find(([, magic]) => magic.test(hex))?.[0];
}

function isText(head: Buffer): boolean {
  return !head.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27) || byte === 127);
}
