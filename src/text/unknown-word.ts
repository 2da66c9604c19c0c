import { nearestWord } from './nearest-word.js';

/**
 * The words for a name that nobody knows: `unknown slot "minni", did you mean "mini"?`, or all known names where none is
 * near.
 *
 * @param what the adjective and noun: `unknown slot`, `unrecognized key`
 */
export function unknownWord(what: string, word: string, known: Iterable<string>): string {
  const names = [...known];
  const start = `${what} ${JSON.stringify(word)}`;
  const nearest = nearestWord(word, names);
  if (nearest !== undefined) return `${start}, did you mean ${JSON.stringify(nearest)}?`;
  return names.length === 0 ? `${start}: there are none` : `${start}: known are ${names.join(', ')}`;
}
