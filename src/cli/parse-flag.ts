/** Returns what a flag's value means; null where it is neither yes nor no. */
export function parseFlag(text: string): boolean | null {
  if (/^(?:1|true|yes|on)$/i.test(text)) return true;
  if (/^(?:0|false|no|off)$/i.test(text)) return false;
  return null;
}
