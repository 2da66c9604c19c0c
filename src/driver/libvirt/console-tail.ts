import { open } from 'node:fs/promises';

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

/** Source of the sequences: ECMA-48, 5.4 (control sequences) */
function plainText(line: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return line.replaceAll(/\u001B\[[0-?]*[ -/]*[@-~]|\u001B[@-_]|[\u0000-\u0008\u000B-\u001F\u007F]/g, '').trimEnd();
}
