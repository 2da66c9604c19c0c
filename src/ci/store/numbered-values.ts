const VALUE = /'(?:[^']|'')*'|"[^"]*"|\?(\d*)/g;

/** Writes the places of values as PostgreSQL has them: `?` and `?2` as `$1` and `$2`. */
export function numberedValues(sql: string): string {
  let last = 0;
  return sql.replaceAll(VALUE, (found, number: string | undefined) => {
    if (number === undefined) return found;
    return `$${number === '' ? ++last : number}`;
  });
}
