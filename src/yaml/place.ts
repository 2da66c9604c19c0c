import { isAbsolute, relative, sep } from 'node:path';

/** The place where a value was written: a place in a file, a file or folder as a whole, or an option of the command line. */
export interface Place {
  /** The file as it is shown, or the option with its text: `-e network_flags.data.mtu=9000`. */
  readonly source: string;
  /** Counted from 1; none where the source as a whole is meant. */
  readonly line?: number;
  /** Counted from 1. */
  readonly column?: number;
  /** Set for an option: its number among all `-e` and `-E`, counted from 1. */
  readonly override?: number;
}

/** `slices/roles.yaml:10:5`, or `-e network_flags.data.mtu=9000 (override 2)`; always one line. */
export function showPlace(place: Place): string {
  const source = place.source.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '?');
  if (place.override !== undefined) return `${source} (override ${place.override})`;
  return place.line === undefined ? source : `${source}:${place.line}:${place.column ?? 1}`;
}

/** Files by name, then places from the top of each, then options in the order given. */
export function comparePlaces(one: Place, other: Place): number {
  const byOption = (one.override ?? 0) - (other.override ?? 0);
  if (byOption !== 0) return byOption;
  if (one.source !== other.source) return one.source < other.source ? -1 : 1;
  return (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0);
}

/** A path as people are shown it: relative to where they stand where it is inside, absolute elsewhere. */
export function showPath(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  const outside = inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  return outside ? path : inside;
}
