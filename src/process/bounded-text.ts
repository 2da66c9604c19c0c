/**
 * Keeps the text of a stream up to a number of bytes: the beginning and the end. What is between them is left out, and a line
 * in its place says how much.
 */
export class BoundedText {
  readonly #half: number;
  readonly #first: Buffer[] = [];
  #firstBytes = 0;
  #last: Buffer[] = [];
  #lastBytes = 0;
  #bytes = 0;

  constructor(limit: number) {
    this.#half = Math.floor(limit / 2);
  }

  add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const room = Math.min(chunk.length, this.#half - this.#firstBytes);
    if (room > 0) {
      this.#first.push(Buffer.from(chunk.subarray(0, room)));
      this.#firstBytes += room;
    }
    if (room >= chunk.length || this.#half === 0) return;
    this.#last.push(Buffer.from(chunk.subarray(room)));
    this.#lastBytes += chunk.length - room;
    // Twice the room: the end is not copied for each small chunk.
    if (this.#lastBytes > 2 * this.#half) this.#trim();
  }

  /** Bytes that are left out of the text. */
  get omitted(): number {
    this.#trim();
    return this.#bytes - this.#firstBytes - this.#lastBytes;
  }

  toString(): string {
    const { omitted } = this;
    const mark = omitted === 0 ? [] : [Buffer.from(`\n[virtbs: ${omitted} bytes are left out here]\n`)];
    return Buffer.concat([...this.#first, ...mark, ...this.#last]).toString('utf8');
  }

  #trim(): void {
    if (this.#lastBytes <= this.#half) return;
    const kept = Buffer.concat(this.#last).subarray(this.#lastBytes - this.#half);
    this.#last = [Buffer.from(kept)];
    this.#lastBytes = kept.length;
  }
}
