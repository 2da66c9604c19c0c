import type { CiSettings } from '../config/ci-settings.js';
import { ciPaths, type CiPaths } from '../filenames.js';
import type { Workplace } from '../workplace/workplace.js';
import { CiQueue } from './queue/ci-queue.js';
import { workerMark } from './queue/worker-mark.js';
import { openStore, type Store } from './store/open-store.js';

/** What all commands of the CI work with. */
export interface Ci extends Disposable {
  readonly settings: CiSettings;
  readonly store: Store;
  readonly queue: CiQueue;
  readonly paths: CiPaths;
  /** The folder that has one for the logs of each run. */
  readonly logs: string;
}

/** Opens the database that the configuration names, in the name of a process. @throws VirtbsError `ci-database` */
export async function openCi(place: Workplace, pid: number): Promise<Ci> {
  const { ci: settings } = await place.configuration();
  const paths = ciPaths(await place.root());
  const store = await openStore(settings.database ?? paths.database);
  const queue = new CiQueue(store, { worker: await workerMark(pid) });
  return {
    settings,
    store,
    queue,
    paths,
    logs: settings.logs ?? paths.logs,
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}
