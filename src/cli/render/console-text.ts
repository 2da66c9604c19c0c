/**
 * What a guest wrote to its console, for a terminal: without the sequences that move the cursor or ask the terminal something,
 * whose answers would be typed into the shell. Colours stay. Source: ECMA-48, 5.4
 */
export function consoleText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8');
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replaceAll(/\u001B\[[0-?]*[ -/]*[@-ln-~]/g, '');
}
