import type { ConfigurationEntry } from './configuration.js';

/**
 * Lays values over those of a configuration. A value takes the place of one with the same path; a new one stands behind the last
 * of its section, so that the whole can still be written as nested maps.
 */
export function layEntries(
  entries: readonly ConfigurationEntry[],
  over: readonly ConfigurationEntry[],
): readonly ConfigurationEntry[] {
  return over.reduce((below, entry) => layEntry(below, entry), entries);
}

function layEntry(entries: readonly ConfigurationEntry[], entry: ConfigurationEntry): readonly ConfigurationEntry[] {
  // An entry above this one is a map without content.
  const index = entries.findIndex(({ path }) => path.every((key, depth) => key === entry.path[depth]));
  if (index >= 0) return entries.with(index, entry);
  const last = entries.findLastIndex(({ path }) => path[0] === entry.path[0]);
  return last < 0 ? [...entries, entry] : entries.toSpliced(last + 1, 0, entry);
}
