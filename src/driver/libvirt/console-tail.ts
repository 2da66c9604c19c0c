import { open } from 'node:fs/promises';
import { plainText } from '../../text/plain-text.js';

/** Bytes from the end that are looked at; a screenful of long lines. */
const TAIL_BYTES = 16_384;

/** The last lines of a console's log, without escape sequences and control characters; none where there is no log. */
export async function readConsoleTail(path: string, lines: number): Promise<readonly string[]> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const start = Math.max(0, size - TAIL_BYTES);
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(TAIL_BYTES), position: start });
      const text = buffer.toString('utf8', 0, bytesRead);
      return text
        .split(/[\r\n]+/)
        .map(plainText)
        .filter(Boolean)
        .slice(-lines);
    } finally {
      await file.close();
    }
  } catch {
    return [];
  }
}
