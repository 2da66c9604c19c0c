/**
 * The known word that was most likely meant: the one with the fewest slips (a letter added, left out, replaced, or two
 * neighbours swapped), where these are at most a third of the word's letters, and at least one is always forgiven.
 * Upper and lower case count as the same. The first of several equally near words is taken.
 */
export function nearestWord(word: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let limit = Math.max(1, Math.floor(word.length / 3));
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const slips = countSlips(word.toLowerCase(), candidate.toLowerCase());
    if (slips > limit) continue;
    nearest = candidate;
    limit = slips - 1;
    if (limit < 0) break;
  }
  return nearest;
}

/** The optimal string alignment distance, https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance */
function countSlips(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + (same ? 0 : 1),
          swapped ? at(beforeLast, column - 2) + 1 : Infinity,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
