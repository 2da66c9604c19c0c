const NEWLINE = 10;

/** Finds where the last lines begin. A line break at the very end belongs to the last of them. */
export function startOfLast(bytes: Buffer, lines: number): number {
  let place = bytes.at(-1) === NEWLINE ? bytes.length - 1 : bytes.length;
  for (let left = lines; left > 0; left--) {
    const end = place === 0 ? -1 : bytes.lastIndexOf(NEWLINE, place - 1);
    if (end < 0) return 0;
    place = end;
  }
  return lines === 0 ? bytes.length : place + 1;
}
