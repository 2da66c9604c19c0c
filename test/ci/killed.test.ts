import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { openStore } from '../../src/ci/store/open-store.js';
import { streamProgram } from '../../src/process/stream-program.js';
import { patchSet } from './ci-bench.js';
import { newDatabase } from './test-database.js';

const PROCESS = fileURLToPath(new URL('killed.process.js', import.meta.url));

/** Points at which the first process is killed; the second one is killed, too, a little later. `bin/test --long` takes 50. */
const POINTS = env['VIRTBS_TEST_LONG'] ? Array.from({ length: 50 }, (_, index) => index + 1) : [3, 17, 29];
/** Enough for more than 50 changes of the database. */
const EVENTS = 6;

async function watch(folder: string, point: number, database: string): Promise<string | null> {
  const limits = { kept: 64 * 1024, line: 64 * 1024 };
  const { exitCode, signalName, stderr } = await streamProgram(execPath, [PROCESS, folder, String(point), database], {
    limits,
  });
  if (signalName === null && exitCode !== 0) throw new Error(stderr);
  return signalName;
}

async function linesOf(path: string): Promise<readonly string[]> {
  return (await readFile(path, 'utf8')).trim().split('\n').sort();
}

const events = Array.from({ length: EVENTS }, (_, index) => patchSet(index + 1));
const ids = events.map(({ id }) => id).sort();

for (const point of POINTS) {
  t.test(
    `killed at change ${point} of the database, and again, nothing is lost and nothing is told twice`,
    async (t) => {
      const folder = t.testdir({});
      await writeFile(join(folder, 'events.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
      const database = await newDatabase(folder);
      const ends: (string | null)[] = [];
      for (const each of [point, (point % 7) + 4, 0]) ends.push(await watch(folder, each, database));
      t.equal(ends[0], 'SIGKILL');
      t.equal(ends[2], null);
      t.strictSame(await linesOf(join(folder, 'reports')), ids);
      t.strictSame([...new Set(await linesOf(join(folder, 'ran')))], ids);
      await using store = await openStore(database);
      t.strictSame(
        (await store.all('SELECT event_id AS id FROM job_runs ORDER BY event_id')).map(({ id }) => id),
        ids,
      );
      t.strictSame(await store.all("SELECT id FROM job_runs WHERE state <> 'ended' OR outcome <> 'passed'"), []);
      t.strictSame(await store.all("SELECT * FROM reports WHERE state <> 'reported'"), []);
    },
  );
}
