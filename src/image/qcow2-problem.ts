/** So many bytes hold all that is looked at. */
export const QCOW2_HEAD_BYTES = 104;

const MAGIC = 'QFI\xfb';
/** Bits of the features that a reader must know. */
const DIRTY = 1n;
const CORRUPT = 2n;
const ENCRYPTIONS: Readonly<Record<number, string>> = { 1: 'AES', 2: 'LUKS' };

/** The problem of an image, and its cure. */
export interface Qcow2Problem {
  readonly what: string;
  readonly hint: string;
}

/**
 * Returns why qemu would not let a guest use a qcow2 image, as its first bytes say; null where it would, or where it is no
 * qcow2 image of version 2 or 3.
 *
 * Source: qemu's docs/interop/qcow2.rst, "Header"
 */
export function qcow2Problem(head: Buffer): Qcow2Problem | null {
  if (head.length < QCOW2_HEAD_BYTES || head.toString('latin1', 0, 4) !== MAGIC) return null;
  const encryption = head.readUInt32BE(32);
  if (encryption !== 0) {
    return {
      what: `the image is encrypted (${ENCRYPTIONS[encryption] ?? `method ${encryption}`})`,
      hint: 'nobody would tell qemu the secret: make an image without encryption with qemu-img convert',
    };
  }
  const features = head.readUInt32BE(4) === 3 ? head.readBigUInt64BE(72) : 0n;
  const repair = 'qemu-img check -r all IMAGE repairs it, or give another image';
  if ((features & CORRUPT) !== 0n) return { what: 'the image is marked as corrupt', hint: repair };
  if ((features & DIRTY) === 0n) return null;
  return { what: 'the image is marked as dirty: a program still writes to it, or ended while it did', hint: repair };
}
