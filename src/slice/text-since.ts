/** Characters at the end of a text by which it is found again: far more than guests repeat word for word. */
const TAIL = 8192;

/**
 * Returns what was added to a growing text since it was `old`, where only its last part is kept. A text that does not go on
 * from `old` began anew: all of it is new.
 */
export function textSince(old: string, now: string): string {
  if (now.startsWith(old)) return now.slice(old.length);
  const tail = old.slice(-TAIL);
  const place = now.lastIndexOf(tail);
  return place < 0 ? now : now.slice(place + tail.length);
}
