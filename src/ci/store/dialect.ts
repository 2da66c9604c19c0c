/** What each kind of database writes in its own way, as SQL. Arguments are SQL, too: columns and values. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgresql' | 'mariadb';
  /** Seconds between two of our own times: text, as ISO 8601. */
  readonly seconds: (from: string, to: string) => string;
  /** Whole seconds between two times of the tables of results. */
  readonly wholeSeconds: (from: string, to: string) => string;
  /** Whether a text has another one in it. */
  readonly contains: (text: string, part: string) => string;
  /** Whether two values are the same, or both null. */
  readonly same: (one: string, other: string) => string;
  /** Ends an INSERT that changes nothing where there is a row with its key. @param key the columns of the key */
  readonly orNothing: (key: string) => string;
  /**
   * Ends an INSERT that changes the row where there is one with its key. An assignment names columns with their table; it may see what
   * those before it have changed.
   */
  readonly orUpdate: (key: string, assignments: readonly string[]) => string;
  /** The value that was to be inserted into a column, in assignments of `orUpdate`. */
  readonly given: (column: string) => string;
}
