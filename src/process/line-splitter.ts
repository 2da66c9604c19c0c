import { StringDecoder } from 'node:string_decoder';

/**
 * Splits a stream of bytes into lines, and never holds more than one line of `longest` characters: a longer one is given in
 * pieces. A line ends with LF, CR LF or CR, as in the output of programs that draw progress.
 */
export class LineSplitter {
  readonly #longest: number;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  constructor(longest: number) {
    this.#longest = longest;
  }

  /** The lines that end in these bytes. */
  push(bytes: Uint8Array): readonly string[] {
    const text = this.#rest + this.#decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    // A CR at the end may be the first half of CR LF.
    const kept = text.endsWith('\r') ? 1 : 0;
    const lines = text.slice(0, text.length - kept).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '') + text.slice(text.length - kept);
    const pieces = lines.flatMap((line) => (line.length > this.#longest ? this.#cut(line) : [line]));
    while (this.#rest.length > this.#longest) {
      pieces.push(this.#rest.slice(0, this.#longest));
      this.#rest = this.#rest.slice(this.#longest);
    }
    return pieces;
  }

  /** Returns what is left when the stream has ended: a line without an end, or nothing. */
  end(): readonly string[] {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = '';
    return rest === '' ? [] : this.#cut(rest.replace(/\r$/, ''));
  }

  #cut(line: string): string[] {
    const pieces = [line.slice(0, this.#longest)];
    for (let place = this.#longest; place < line.length; place += this.#longest) {
      pieces.push(line.slice(place, place + this.#longest));
    }
    return pieces;
  }
}
