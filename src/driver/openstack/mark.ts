import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as z from 'zod';
import type { Ownership } from '../ownership.js';

/** The mark of everything that we make in a cloud. A thing with our owner's mark is ours, whatever its name. */
export interface Mark extends Ownership {
  /** The user in the project that made it; two of them in one project do not meet. */
  readonly owner: string;
}

/** The member of metadata that holds the mark. */
export const MARK_KEY = 'virtbs';

/** The longest description, name or value of metadata that all services take. */
const LIMIT = 255;
const PLAIN = 'virtbs:';
const PACKED = 'virtbs~';

/** Slice, owner, root, when it was made, by which session, and when it ends; times in milliseconds since 1970. */
const markSchema = z.tuple([z.int().min(0), z.string(), z.string(), z.number(), z.string(), z.number().nullable()]);

/** The mark as a text of at most 255 characters: JSON, packed where that is too long, without the session where even that is. */
export function writeMark(mark: Mark): string {
  const plain = `${PLAIN}${formatMark(mark)}`;
  if (plain.length <= LIMIT && /^[ -~]*$/.test(plain)) return plain;
  const packed = packMark(mark);
  return packed.length <= LIMIT ? packed : packMark({ ...mark, session: '' });
}

/** The mark without blanks, for places that take only a word. */
export function packMark(mark: Mark): string {
  return `${PACKED}${deflateRawSync(formatMark(mark)).toString('base64url')}`;
}

/** The mark in a text; null where it is none of ours. */
export function readMark(text: string | null | undefined): Mark | null {
  try {
    const parts = markSchema.parse(JSON.parse(unpack(text ?? '')));
    const [slice, owner, root, created, session, expires] = parts;
    return {
      slice,
      owner,
      root,
      created: formatTime(created),
      session,
      expires: expires === null ? null : formatTime(expires),
    };
  } catch {
    return null;
  }
}

function formatMark({ slice, owner, root, created, session, expires }: Mark): string {
  return JSON.stringify([
    slice,
    owner,
    root,
    Date.parse(created),
    session,
    expires === null ? null : Date.parse(expires),
  ]);
}

function formatTime(time: number): string {
  return new Date(time).toISOString();
}

function unpack(text: string): string {
  if (text.startsWith(PLAIN)) return text.slice(PLAIN.length);
  if (!text.startsWith(PACKED)) return '';
  return inflateRawSync(Buffer.from(text.slice(PACKED.length), 'base64url')).toString();
}
