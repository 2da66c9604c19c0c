/**
 * Colours, which stay; and what goes: strings for the terminal up to their end or that of the line, other sequences, single
 * controls, and what turns the direction of writing. Source: ECMA-48, 5.4, 5.6 and 8.3.117 (colours)
 */
const SEQUENCES =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /(\u001B\[[\d;:]*m)|\u001B[\]PX^_][^\u0007\u001B\n]*(?:\u0007|\u001B\\)?|\u001B\[[0-?]*[ -/]*[@-~]|\u001B[ -/]*[0-~]|[^\P{Cc}\t\n\r]|[\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;

/**
 * Returns the output of a guest's console so that a terminal may show it: without sequences that move the cursor, change the
 * terminal or ask it something. The terminal's answers would be typed into the shell. A carriage return ends a line where a
 * line end does not follow, so that nothing is written over.
 */
export function consoleText(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('utf8')
    .replaceAll(SEQUENCES, '$1')
    .replaceAll(/\r+(?=\n|$)/g, '')
    .replaceAll(/\r+/g, '\n');
}
