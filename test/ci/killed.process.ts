// Watches the events of a file until all is done, and kills itself at a point: `killed.process.js FOLDER POINT DATABASE`, 0 for never.
// A point is a change of the database, before it is made, in the order of this process.
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argv, kill, pid } from 'node:process';
import { CiQueue } from '../../src/ci/queue/ci-queue.js';
import { workerMark } from '../../src/ci/queue/worker-mark.js';
import type { Reporter } from '../../src/ci/reporter.js';
import { fileSource } from '../../src/ci/source/file-source.js';
import { openStore } from '../../src/ci/store/open-store.js';
import type { Store } from '../../src/ci/store/store.js';
import { watchCi } from '../../src/ci/watch/watch-ci.js';
import type { CiJob } from '../../src/config/ci-settings.js';

const [, , folder = '', point = '0', database = ''] = argv;
let left = Number(point);

await using opened = await openStore(database);
const queue = new CiQueue(counted(opened), { worker: await workerMark(pid) });

/** As Gerrit is one: it looks whether it was told before. */
const reporter: Reporter = {
  async report({ event }) {
    const path = join(folder, 'reports');
    const told = await readFile(path, 'utf8').catch(() => '');
    if (!told.split('\n').includes(event.id)) await appendFile(path, `${event.id}\n`);
    return 'reported';
  },
};
const job: CiJob = {
  ...{ name: 'verify', when: [{}], topology: [], tasks: [], run: ['true'], logs: {}, mail: [], notify: [] },
  ...{ results: { format: 'exit', files: [] }, timeout: 60_000, retries: 0, keep: 0 },
};
const emit = (): void => undefined;
await watchCi({
  ...{ queue, emit, jobs: { verify: job }, workers: 3, untilIdle: true, signal: new AbortController().signal },
  sources: [fileSource({ path: join(folder, 'events.jsonl'), stdin: process.stdin, emit })],
  reporters: new Map([['test', reporter]]),
  reportersFor: () => ['test'],
  url: () => undefined,
  async perform(run) {
    await queue.noteSlice(run.id, run.id);
    await appendFile(join(folder, 'ran'), `${run.event.id}\n`);
    return { outcome: 'passed', summary: '' };
  },
  cleanUp: async () => undefined,
  times: { look: 5, again: 0 },
});

/** A store that kills this process before a change. */
function counted(store: Store): Store {
  const count = (): void => {
    left -= 1;
    if (left === 0) kill(pid, 'SIGKILL');
  };
  return {
    dialect: store.dialect,
    all: (sql, ...values) => store.all(sql, ...values),
    first: (sql, ...values) => store.first(sql, ...values),
    run(sql, ...values) {
      count();
      return store.run(sql, ...values);
    },
    insert(sql, ...values) {
      count();
      return store.insert(sql, ...values);
    },
    transaction: (work) => store.transaction((whole) => work(counted(whole))),
  };
}
