/** The name by which a guest mounts the folder at that place in the list of its shares. */
export function shareTag(index: number): string {
  return `virtbs-${index}`;
}
