import { KEY_DESCRIPTIONS, SHARED } from './key-descriptions.js';

/** Returns what a key is for, by its path with `*` for names and items; undefined where nobody said it. */
export function describeKey(path: string): string | undefined {
  const own = KEY_DESCRIPTIONS[path];
  if (own !== undefined) return own;
  for (const [place, other] of SHARED) {
    const isBelow = path === place || path.startsWith(`${place}.`);
    const found = isBelow ? describeKey(`${other}${path.slice(place.length)}`) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
