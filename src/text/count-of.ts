/** A number with its noun: `1 VM`, `2 VMs`, `0 networks`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
