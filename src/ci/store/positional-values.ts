const VALUE = /'(?:[^']|'')*'|"[^"]*"|\?(\d*)/g;

export interface PositionalStatement {
  readonly sql: string;
  /** The place in the list of values, from 0, of each `?`. */
  readonly order: readonly number[];
}

/** Writes the places of values as MariaDB has them, which knows no numbers: `?2 + ?2` is `? + ?` with the second value twice. */
export function positionalValues(sql: string): PositionalStatement {
  const order: number[] = [];
  let last = 0;
  const text = sql.replaceAll(VALUE, (found, number: string | undefined) => {
    if (number === undefined) return found;
    order.push(number === '' ? last++ : Number(number) - 1);
    return '?';
  });
  return { sql: text, order };
}
