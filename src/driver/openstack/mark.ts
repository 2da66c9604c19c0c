import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as z from 'zod';

/** What everything that we make in a cloud says of itself; what says it of our owner is ours, whatever its name. */
export interface Mark {
  readonly slice: number;
  /** The user in the project that made it; two of them in one project do not meet. */
  readonly owner: string;
  readonly root: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly session: string;
  /** When it may be destroyed by `reap`, ISO 8601, UTC; null for never. */
  readonly expires: string | null;
}

/** The longest description, name or value of metadata that all services take. */
const LIMIT = 255;
const PLAIN = 'virtbs:';
const PACKED = 'virtbs~';

const markSchema = z.object({
  slice: z.int().min(0),
  owner: z.string(),
  root: z.string(),
  created: z.string(),
  session: z.string(),
  expires: z.string().nullable(),
});

/** The mark as a text of at most 255 characters: JSON, packed where that is too long, without the session where even that is. */
export function writeMark(mark: Mark): string {
  const plain = `${PLAIN}${JSON.stringify(mark)}`;
  if (plain.length <= LIMIT && /^[ -~]*$/.test(plain)) return plain;
  const packed = packMark(mark);
  return packed.length <= LIMIT ? packed : packMark({ ...mark, session: '' });
}

/** The mark without blanks, for places that take only a word. */
export function packMark(mark: Mark): string {
  return `${PACKED}${deflateRawSync(JSON.stringify(mark)).toString('base64url')}`;
}

/** The mark in a text; null where it is none of ours. */
export function readMark(text: string | null | undefined): Mark | null {
  try {
    const mark: unknown = JSON.parse(unpack(text ?? ''));
    return markSchema.parse(mark);
  } catch {
    return null;
  }
}

function unpack(text: string): string {
  if (text.startsWith(PLAIN)) return text.slice(PLAIN.length);
  if (!text.startsWith(PACKED)) return '';
  return inflateRawSync(Buffer.from(text.slice(PACKED.length), 'base64url')).toString();
}
