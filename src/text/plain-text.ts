/**
 * Returns a line as it may be shown: without escape sequences and control characters. Where a carriage return wrote over a part
 * of it, only the last part is left. Source of the sequences: ECMA-48, 5.4 and 8.3.89
 *
 * `stripVTControlCharacters` of Node.js does not serve: it takes the text between a colour and a bell with it, and leaves the titles
 * of windows.
 */
export function plainText(line: string): string {
  const visible = line
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    .replaceAll(/\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|\u001B\[[0-?]*[ -/]*[@-~]|\u001B[ -/]*[0-~]/g, '')
    .trimEnd();
  const last = visible.slice(visible.lastIndexOf('\r') + 1);
  return last.replaceAll('\t', '  ').replaceAll(/\p{Cc}/gu, '');
}
