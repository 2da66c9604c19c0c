import { decodeText } from '../../text/decode-text.js';
import { readHead } from './subunit-packet.js';

/** The forms that results of tests can be read in. */
export const RESULT_FORMATS = ['subunit', 'junit', 'tap'] as const;

export type ResultFormat = (typeof RESULT_FORMATS)[number];

/**
 * Tells the format by the first bytes of a file, 64 KiB of them at most: what comes first counts.
 *
 * @returns undefined where it is none that we know
 */
export function detectFormat(start: Uint8Array): ResultFormat | undefined {
  const bytes = Buffer.from(start.subarray(0, 64 * 1024));
  if (beginsPacket(bytes)) return 'subunit';
  const text = decodeText(bytes);
  if (/^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*|<!DOCTYPE[^>]*>\s*)*<testsuites?[\s>/]/.test(text)) return 'junit';
  if (/^ *(?:TAP version \d+|1\.\.\d+|(?:not )?ok \d+|(?:not )?ok\b *-?|Bail out!)/m.test(text)) return 'tap';
  return /^\s*<\?xml/.test(text) ? 'junit' : undefined;
}

/** A packet begins where the file does, or a line. */
function beginsPacket(bytes: Buffer): boolean {
  for (let place = bytes.indexOf(0xb3); place !== -1; place = bytes.indexOf(0xb3, place + 1)) {
    if (place > 0 && bytes[place - 1] !== 0x0a) continue;
    const head = readHead(bytes.subarray(place));
    if (typeof head === 'object' && 'length' in head) return true;
  }
  return false;
}
