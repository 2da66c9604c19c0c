import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { streamProgram } from '../../src/process/stream-program.js';
import { TEST_SERVER } from './test-database.js';
import { noMariadb, TestMariadb } from './test-mariadb.js';
import { noPostgresql, TestPostgresql } from './test-postgresql.js';

/** The tests of all that is in the database; by themselves they use SQLite. */
const TESTS = [
  'open-store',
  'results/record-results',
  'page/pages',
  'watch-place',
  'tell-people',
  'gerrit/watch-gerrit',
  'killed',
  'load',
];

const LIMIT = 1800_000;

for (const [kind, skip, start] of [
  ['PostgreSQL', noPostgresql, async () => await TestPostgresql.start()],
  ['MariaDB', noMariadb, async () => await TestMariadb.start()],
] as const) {
  t.test(`all tests of the CI pass with ${kind}`, { skip }, async (t) => {
    await using server = await start();
    for (const name of TESTS) {
      const started = performance.now();
      const path = fileURLToPath(new URL(`${name}.test.js`, import.meta.url));
      const lines: string[] = [];
      const { exitCode } = await streamProgram(execPath, ['--enable-source-maps', path], {
        env: { [TEST_SERVER]: server.admin },
        limits: { kept: 1024 * 1024, line: 64 * 1024 },
        signal: AbortSignal.timeout(LIMIT),
        onLine: (line) => void lines.push(line),
      });
      t.equal(exitCode, 0, `${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
      if (exitCode !== 0) t.comment(lines.join('\n'));
    }
  });
}
