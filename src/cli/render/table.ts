import { visibleText } from '../../text/visible-text.js';
import type { OutputStream } from '../command.js';

const GAP = 2;
/** Characters that a cut cell keeps; as many as its heading where that is longer. */
const NARROWEST = 6;

/**
 * A table in columns as wide as their widest cell, two blanks apart, without blanks at the ends of lines. Where it is wider than
 * `width`, whole columns are left out, as long as there are some that may be; what is left of such a table is never cut. In a
 * table without such columns the widest columns are cut, and in the end the lines. Whatever is in a cell, it stays one line.
 *
 * @param optional headings of the columns that may be left out, the least important one first
 */
export function renderTable(
  texts: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
  optional: readonly string[] = [],
): string {
  const all = texts.map((row) => row.map((cell) => visibleText(cell).replaceAll(/[\n\t]/g, ' ')));
  if (optional.length > 0) return renderRows(leaveOut(all, width, optional), Number.POSITIVE_INFINITY);
  return renderRows(all, width);
}

function renderRows(rows: readonly (readonly string[])[], width: number): string {
  const widest = widestCells(rows);
  const least = (rows[0] ?? []).map((heading) => Math.max(NARROWEST, heading.length));
  const widths = narrow(widest, least, width);
  const lines = rows.map((row) =>
    row
      .map((cell, index) => cut(cell, widths[index] ?? 0).padEnd(widths[index] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
  return lines.map((line) => `${cut(line, width)}\n`).join('');
}

/** The characters of a line: those of a terminal; a file or a program gets all. */
export function tableWidth({ isTTY, columns }: OutputStream): number {
  return isTTY === true && columns !== undefined && columns > 0 ? columns : Number.POSITIVE_INFINITY;
}

function widestCells(rows: readonly (readonly string[])[]): readonly number[] {
  return rows.reduce<number[]>(
    (widths, row) => row.map((cell, index) => Math.max(widths[index] ?? 0, cell.length)),
    [],
  );
}

/** Leaves out columns, the least important one first, until the others fit. */
function leaveOut(
  rows: readonly (readonly string[])[],
  width: number,
  [least, ...others]: readonly string[],
): readonly (readonly string[])[] {
  if (least === undefined || sumWidths(widestCells(rows)) <= width) return rows;
  const index = rows[0]?.indexOf(least) ?? -1;
  const rest = index < 0 ? rows : rows.map((row) => row.toSpliced(index, 1));
  return leaveOut(rest, width, others);
}

function sumWidths(widths: readonly number[]): number {
  return widths.reduce((sum, column) => sum + column, GAP * (widths.length - 1));
}

/** Takes of the widest column that may still give, one character after the other. */
function narrow(widest: readonly number[], least: readonly number[], width: number): readonly number[] {
  const widths = [...widest];
  let excess = sumWidths(widths) - width;
  for (; excess > 0; excess--) {
    const spare = widths.map((column, index) => (column > (least[index] ?? 0) ? column : 0));
    const most = Math.max(...spare);
    if (most === 0) break;
    const last = spare.lastIndexOf(most);
    widths[last] = most - 1;
  }
  return widths;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
