/** The most lines of the part that differs in which the lines that both have are looked for. */
const MOST = 500;

/**
 * Returns the lines in which two texts differ: `- ` before a line of the first, `+ ` before one of the second. None where they are
 * the same.
 */
export function diffLines(one: string, other: string): readonly string[] {
  const [a, b] = [one.split('\n'), other.split('\n')];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (left.length > MOST || right.length > MOST) return [...marked('-', left), ...marked('+', right)];
  return changes(left, right);
}

function marked(mark: string, lines: readonly string[]): readonly string[] {
  return lines.map((line) => `${mark} ${line}`);
}

function changes(left: readonly string[], right: readonly string[]): readonly string[] {
  // The length of the longest common part of what begins at each pair of lines.
  const width = right.length + 1;
  const common = new Uint16Array((left.length + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = left.length - 1; row >= 0; row--) {
    for (let column = right.length - 1; column >= 0; column--) {
      const same = left[row] === right[column];
      common[row * width + column] = same
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: string[] = [];
  let [row, column] = [0, 0];
  while (row < left.length || column < right.length) {
    if (row < left.length && column < right.length && left[row] === right[column]) {
      row++;
      column++;
    } else if (column >= right.length || (row < left.length && at(row + 1, column) >= at(row, column + 1))) {
      lines.push(`- ${left[row++] ?? ''}`);
    } else {
      lines.push(`+ ${right[column++] ?? ''}`);
    }
  }
  return lines;
}
