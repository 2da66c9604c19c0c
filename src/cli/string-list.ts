/** What the parser has collected of an argument that may be given several times. */
export function stringList(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
