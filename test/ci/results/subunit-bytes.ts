import { crc32 } from 'node:zlib';

export interface PacketFields {
  readonly id?: string;
  readonly status?: 'exists' | 'inprogress' | 'success' | 'uxsuccess' | 'skip' | 'fail' | 'xfail';
  /** Seconds since 1970. */
  readonly at?: number;
  readonly tags?: readonly string[];
  readonly mime?: string;
  readonly file?: string;
  readonly content?: string | Uint8Array;
  readonly isLast?: boolean;
  readonly route?: string;
}

const STATUSES = ['none', 'exists', 'inprogress', 'success', 'uxsuccess', 'skip', 'fail', 'xfail'];

/** Returns a packet of subunit v2. */
export function packet(fields: PacketFields): Buffer {
  const { id, status = 'none', at, tags, mime, file, content = '', isLast = false, route } = fields;
  let flags = 0x2000 | STATUSES.indexOf(status);
  const parts: Buffer[] = [];
  const put = (flag: number, ...bytes: readonly Buffer[]): void => {
    flags |= flag;
    parts.push(...bytes);
  };
  if (at !== undefined) {
    const seconds = Buffer.alloc(4);
    seconds.writeUInt32BE(Math.floor(at));
    put(0x200, seconds, number(Math.round((at - Math.floor(at)) * 1e9)));
  }
  if (id !== undefined) put(0x800, text(id));
  if (tags) put(0x80, number(tags.length), ...tags.map(text));
  if (mime !== undefined) put(0x20, text(mime));
  if (file !== undefined) put(0x40 | (isLast ? 0x10 : 0), text(file), text(content));
  if (route !== undefined) put(0x400, text(route));
  const body = Buffer.concat(parts);
  const without = 3 + 4 + body.length;
  const size = [1, 2, 3].find((each) => without + each < 2 ** (8 * each - 2)) ?? 3;
  const head = Buffer.from([0xb3, flags >> 8, flags & 0xff]);
  const packed = Buffer.concat([head, number(without + size, size), body]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(packed));
  return Buffer.concat([packed, sum]);
}

export function number(value: number, least = 1): Buffer {
  const size = [1, 2, 3, 4].find((each) => each >= least && value < 2 ** (8 * each - 2)) ?? 4;
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value + (size - 1) * 2 ** (8 * size - 2), 0, size);
  return bytes;
}

function text(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length), bytes]);
}
