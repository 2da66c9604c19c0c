/**
 * Words of SQLite and those of MariaDB. An index has no texts of any length, so texts have limits, but for those that are in none.
 * A step that was cut off begins again from its start: MariaDB takes no table back.
 */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bINTEGER PRIMARY KEY AUTOINCREMENT\b/g, 'BIGINT PRIMARY KEY AUTO_INCREMENT'],
  [/\bINTEGER\b/g, 'BIGINT'],
  [/\bFLOAT\b/g, 'DOUBLE'],
  [/\bBLOB\b/g, 'LONGBLOB'],
  [/\bTEXT PRIMARY KEY\b/g, 'VARCHAR(700) PRIMARY KEY'],
  [/\b(body|summary|directory|kept_ssh|artifacts|depends) TEXT\b/g, '$1 LONGTEXT'],
  [/\bevent_id TEXT\b/g, 'event_id VARCHAR(700)'],
  [/\bTEXT\b/g, 'VARCHAR(500)'],
  [/\bchange\b/g, '"change"'],
  [/\bADD COLUMN\b/g, 'ADD COLUMN IF NOT EXISTS'],
  [/\bCREATE (TABLE|INDEX)\b/g, 'CREATE $1 IF NOT EXISTS'],
  [/\n {2}\)(?: STRICT)?;/g, '\n  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;'],
];

/** Writes a step of the migrations, which are in SQLite's words, in those of MariaDB. */
export function mariadbMigration(sql: string): string {
  return WORDS.reduce((text, [word, other]) => text.replaceAll(word, other), sql);
}
