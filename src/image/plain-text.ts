/**
 * A line as it may be shown: without escape sequences and control characters, and of what a carriage return has written over
 * only the last. Source of the sequences: ECMA-48, 5.4 and 8.3.89
 */
export function plainText(line: string): string {
  const visible = line
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    .replaceAll(/\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|\u001B\[[0-?]*[ -/]*[@-~]|\u001B[ -/]*[0-~]/g, '')
    .trimEnd();
  const last = visible.slice(visible.lastIndexOf('\r') + 1);
  return last.replaceAll('\t', '  ').replaceAll(/\p{Cc}/gu, '');
}
