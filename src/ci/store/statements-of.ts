/** Returns the statements of a step of the migrations, without its comments. No text in it has a semicolon. */
export function statementsOf(sql: string): readonly string[] {
  const bare = sql.replaceAll(/--.*$/gm, '');
  return bare.split(';').filter((statement) => statement.trim() !== '');
}
