import type { FileHandle } from 'node:fs/promises';

const ZEROS = Buffer.alloc(64 * 1024);

/** Writes bytes one after the other to an open file, which gets holes where they are zeros. */
export class SparseFile {
  readonly #file: FileHandle;
  #length: number;

  /** @param length bytes that the file has already */
  constructor(file: FileHandle, length = 0) {
    this.#file = file;
    this.#length = length;
  }

  /** Bytes so far, the zeros at the end included, which the file itself shows only after `finish`. */
  get length(): number {
    return this.#length;
  }

  /** Runs of pieces that are not all zero are written in one go. */
  async write(chunk: Buffer): Promise<void> {
    const position = this.#length;
    this.#length += chunk.length;
    let from = 0;
    for (let at = 0; at < chunk.length; at += ZEROS.length) {
      const piece = chunk.subarray(at, at + ZEROS.length);
      if (!piece.equals(ZEROS.subarray(0, piece.length))) continue;
      await writeAll(this.#file, chunk.subarray(from, at), position + from);
      from = at + piece.length;
    }
    await writeAll(this.#file, chunk.subarray(from), position + from);
  }

  /** Gives the file its whole length and waits until it is on the disk. */
  async finish(): Promise<void> {
    await this.#file.truncate(this.#length);
    await this.#file.sync();
  }
}

/** A write may take fewer bytes than it is given, above all shortly before the disk is full. */
async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
