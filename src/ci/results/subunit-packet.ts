import { crc32 } from 'node:zlib';

/** One status packet of subunit v2. Source: https://github.com/testing-cabal/subunit/blob/master/README.rst */
export interface SubunitPacket {
  readonly testId?: string;
  readonly status: SubunitStatus;
  readonly runnable: boolean;
  /** ISO 8601, to the microsecond. */
  readonly time?: string;
  /** Seconds since 1970. */
  readonly seconds?: number;
  readonly tags?: readonly string[];
  readonly mime?: string;
  readonly file?: { readonly name: string; readonly content: Uint8Array; readonly isLast: boolean };
  readonly route?: string;
}

export type SubunitStatus = (typeof STATUSES)[number];

const STATUSES = ['none', 'exists', 'inprogress', 'success', 'uxsuccess', 'skip', 'fail', 'xfail'] as const;

/** The first byte of a packet. */
export const SIGNATURE = 0xb3;

/** The most bytes of a packet: what three bytes of length can say. */
export const MOST_PACKET = 0x3f_ff_ff;

const FLAG = { id: 0x800, route: 0x400, time: 0x200, runnable: 0x100, tags: 0x80, file: 0x40, mime: 0x20, eof: 0x10 };
const RESERVED = 0x08;

/** The head of a packet: flags, and its length in bytes from the signature to the end of the checksum. */
export interface SubunitHead {
  readonly flags: number;
  readonly length: number;
  /** Where the fields begin. */
  readonly start: number;
}

/**
 * Reads the head of a packet.
 *
 * @returns `more` where the bytes end before it does; a text that says why it is no packet
 */
export function readHead(bytes: Buffer): SubunitHead | 'more' | { readonly wrong: string } {
  if (bytes.length < 4) return 'more';
  const flags = bytes.readUInt16BE(1);
  if (flags >> 12 !== 2) return { wrong: `version ${flags >> 12} of subunit, not 2` };
  const size = ((bytes[3] ?? 0) >> 6) + 1;
  if (size > 3) return { wrong: 'a packet of more than 4 MiB' };
  if (bytes.length < 3 + size) return 'more';
  const length = readUInt(bytes, 3, size);
  // Signature, flags and checksum are there in any packet.
  if (length < 3 + size + 4) return { wrong: `a packet of ${length} bytes` };
  return { flags, length, start: 3 + size };
}

/** Reads a whole packet. @throws Error that says what is wrong with it */
export function readPacket(packet: Buffer, { flags, start }: SubunitHead): SubunitPacket {
  const end = packet.length - 4;
  if (crc32(packet.subarray(0, end)) !== packet.readUInt32BE(end)) throw new Error('the checksum is wrong');
  if ((flags & RESERVED) !== 0) throw new Error('a reserved flag is set');
  const fields = new Fields(packet.subarray(0, end), start);
  const has = (flag: keyof typeof FLAG): boolean => (flags & FLAG[flag]) !== 0;
  const when = has('time') ? fields.time() : undefined;
  const testId = has('id') ? fields.text() : undefined;
  const tags = has('tags') ? fields.list() : undefined;
  const mime = has('mime') ? fields.text() : undefined;
  const file = has('file') ? { name: fields.text(), content: fields.bytes(), isLast: has('eof') } : undefined;
  const route = has('route') ? fields.text() : undefined;
  if (!fields.isAtEnd) throw new Error('there are bytes behind the last field');
  return {
    status: STATUSES[flags & 7] ?? 'none',
    runnable: has('runnable'),
    ...(when && { time: when.text, seconds: when.seconds }),
    ...(testId === undefined ? {} : { testId }),
    ...(tags && { tags }),
    ...(mime === undefined ? {} : { mime }),
    ...(file && { file }),
    ...(route === undefined ? {} : { route }),
  };
}

/** Numbers are 1 to 4 bytes: two bits say how many follow, the rest is the number. */
function readUInt(bytes: Buffer, place: number, size: number): number {
  return bytes.readUIntBE(place, size) & (2 ** (8 * size - 2) - 1);
}

class Fields {
  readonly #bytes: Buffer;
  #place: number;

  constructor(bytes: Buffer, place: number) {
    this.#bytes = bytes;
    this.#place = place;
  }

  get isAtEnd(): boolean {
    return this.#place === this.#bytes.length;
  }

  number(): number {
    const first = this.#take(1)[0] ?? 0;
    const size = (first >> 6) + 1;
    this.#place -= 1;
    return readUInt(this.#take(size), 0, size);
  }

  bytes(): Buffer {
    return this.#take(this.number());
  }

  text(): string {
    const text = UTF8.decode(this.bytes());
    if (text.includes('\0')) throw new Error('a text has a zero byte');
    return text;
  }

  list(): readonly string[] {
    const count = this.number();
    // A text has one byte at least.
    if (count > this.#bytes.length - this.#place) throw new Error(`${count} tags do not fit into the packet`);
    return Array.from({ length: count }, () => this.text());
  }

  time(): { readonly text: string; readonly seconds: number } {
    const seconds = this.#take(4).readUInt32BE(0);
    const nanoseconds = this.number();
    if (nanoseconds >= 1e9) throw new Error(`${nanoseconds} nanoseconds of a second`);
    const microseconds = Math.floor(nanoseconds / 1000);
    const date = new Date(seconds * 1000).toISOString().slice(0, 19);
    return { text: `${date}.${String(microseconds).padStart(6, '0')}Z`, seconds: seconds + nanoseconds / 1e9 };
  }

  #take(count: number): Buffer {
    const end = this.#place + count;
    if (end > this.#bytes.length) throw new Error('a field is longer than its packet');
    const taken = this.#bytes.subarray(this.#place, end);
    this.#place = end;
    return taken;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });
