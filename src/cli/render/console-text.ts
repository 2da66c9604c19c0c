/**
 * Colours, which stay; and what goes: strings for the terminal up to their end or that of the line, other sequences, single
 * controls. Source: ECMA-48, 5.4, 5.6 and 8.3.117 (colours)
 */
const SEQUENCES =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /(\u001B\[[\d;:]*m)|\u001B[\]PX^_][^\u0007\u001B\n]*(?:\u0007|\u001B\\)?|\u001B\[[0-?]*[ -/]*[@-~]|\u001B[ -/]*[0-~]|[^\P{Cc}\b\t\n\r]/gu;

/**
 * What a guest wrote to its console, for a terminal: without what moves the cursor, changes the terminal or asks it something,
 * whose answers would be typed into the shell.
 */
export function consoleText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8').replaceAll(SEQUENCES, '$1');
}
