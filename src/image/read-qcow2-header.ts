import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** The header of a qcow2 image: its format, size and backing file. */
export interface Qcow2Header {
  /** Bytes the guest sees. */
  readonly virtualSize: number;
  /**
   * The backing file as the header has it: relative to the folder of the image, absolute, or what only qemu understands
   * (`json:…`).
   */
  readonly backingFile: string | null;
  /** The format of the backing file where the header says. */
  readonly backingFormat: string | null;
  /** The guest's data is in a file of its own. */
  readonly externalData: boolean;
}

const MAGIC = 'QFI\xfb';
const VERSION_2_LENGTH = 72;
const VERSION_3_LENGTH = 104;
const BACKING_FORMAT_EXTENSION = 0xe279_2aca;
const EXTERNAL_DATA_BIT = 4n;
/** The backing file's name has at most 1023 bytes; the extensions before it are few and small. */
const LONGEST_NAME = 1023;
const EXTENSION_BYTES = 64 * 1024;

/**
 * Reads which files a qcow2 image leans on, without qemu. Null for what is no qcow2 of version 2 or 3.
 *
 * Source: qemu's docs/interop/qcow2.rst, "Header" and "Header extensions"
 *
 * @throws an error of the file system; RangeError where the header contradicts itself
 */
export async function readQcow2Header(path: string): Promise<Qcow2Header | null> {
  // Not blocking: to open a named pipe would otherwise wait for its writer.
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const head = await readBytes(file, 0, VERSION_3_LENGTH);
  if (head.length < 8 || head.toString('latin1', 0, 4) !== MAGIC) return null;
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) return null;
  const nameOffset = Number(head.readBigUInt64BE(8));
  const nameLength = head.readUInt32BE(16);
  const externalData = version === 3 && (head.readBigUInt64BE(72) & EXTERNAL_DATA_BIT) !== 0n;
  const virtualSize = Number(head.readBigUInt64BE(24));
  if (nameOffset === 0) return { virtualSize, backingFile: null, backingFormat: null, externalData };
  if (nameLength === 0 || nameLength > LONGEST_NAME) {
    throw new RangeError(`the name of its backing file has ${nameLength} bytes`);
  }
  const name = await readBytes(file, nameOffset, nameLength);
  if (name.length < nameLength) throw new RangeError('it ends before the name of its backing file does');
  const extensions = version === 2 ? VERSION_2_LENGTH : head.readUInt32BE(100);
  return {
    virtualSize,
    backingFile: name.toString('utf8'),
    backingFormat: findFormat(await readBytes(file, extensions, EXTENSION_BYTES)),
    externalData,
  };
}

/** Each extension is its type, its length, and its data padded to a multiple of 8 bytes; type 0 ends them. */
function findFormat(bytes: Buffer): string | null {
  for (let at = 0; at + 8 <= bytes.length;) {
    const type = bytes.readUInt32BE(at);
    const length = bytes.readUInt32BE(at + 4);
    if (type === 0) return null;
    if (type === BACKING_FORMAT_EXTENSION) return bytes.toString('utf8', at + 8, at + 8 + length);
    at += 8 + Math.ceil(length / 8) * 8;
  }
  return null;
}

/** Fewer bytes where the file ends before. */
async function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
