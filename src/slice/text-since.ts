/** Characters at the end of a text by which it is found again: far more than guests repeat word for word. */
const TAIL = 8192;

/**
 * What a text that grows has got since it was `old`, where only its last part is kept. One that does not go on from there has begun
 * anew: all of it is new.
 */
export function textSince(old: string, now: string): string {
  if (now.startsWith(old)) return now.slice(old.length);
  const tail = old.slice(-TAIL);
  const place = now.lastIndexOf(tail);
  return place < 0 ? now : now.slice(place + tail.length);
}
