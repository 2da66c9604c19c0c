/** Returns the name of an image in a request: `SLOT:TAG`. */
export function imageName(slot: string, tag: string | null): string {
  return `${slot}:${tag ?? 'default'}`;
}
