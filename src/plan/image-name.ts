/** How an image is named in a build request: `SLOT:TAG`. */
export function imageName(slot: string, tag: string | null): string {
  return `${slot}:${tag ?? 'default'}`;
}
