import { isDatabaseUrl } from '../config/database-url.js';
import type { CiSettings } from '../config/ci-settings.js';
import { VirtbsError } from '../errors.js';
import { ciPaths, type CiPaths } from '../filenames.js';
import type { Workplace } from '../workplace/workplace.js';
import { CiQueue } from './queue/ci-queue.js';
import { ciPlace } from './queue/ci-place.js';
import { workerMark } from './queue/worker-mark.js';
import { readSecretFile } from './read-secret-file.js';
import { openStore } from './store/open-store.js';
import type { Store } from './store/store.js';

/** What all commands of the CI work with. */
export interface Ci extends AsyncDisposable {
  readonly settings: CiSettings;
  readonly store: Store;
  readonly queue: CiQueue;
  readonly paths: CiPaths;
  /** The folder that has one for the logs of each run. */
  readonly logs: string;
}

export interface OpenCiOptions {
  /** Whether a server that is away is waited for, until the signal of the workplace is raised. */
  readonly isPatient?: boolean;
}

/** Opens the database that the configuration names, in the name of a process. @throws VirtbsError `ci-database` */
export async function openCi(place: Workplace, pid: number, { isPatient = false }: OpenCiOptions = {}): Promise<Ci> {
  const { ci: settings } = await place.configuration();
  const root = await place.root();
  const paths = ciPaths(root);
  const database = await findDatabase(settings, paths);
  const { emit, signal } = place.verb;
  const say = (type: 'note' | 'warning') => (message: string) => emit({ type, message });
  const patience = { signal, warn: say('warning'), note: say('note') };
  const store = await openStore(database, { env: place.settings.env, ...(isPatient && { patience }) });
  const here = isDatabaseUrl(database) ? await ciPlace(root) : '';
  const queue = new CiQueue(store, { worker: `${here}${await workerMark(pid)}`, place: here });
  return {
    settings,
    store,
    queue,
    paths,
    logs: settings.logs ?? paths.logs,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

async function findDatabase({ database, databaseFile }: CiSettings, paths: CiPaths): Promise<string> {
  if (databaseFile === undefined) return database ?? paths.database;
  const hint = 'write the URL of the database into this file: postgresql://USER:PASSWORD@HOST/DATABASE';
  const url = await readSecretFile(databaseFile, { name: 'the URL of the database', kind: 'URL', hint });
  if (isDatabaseUrl(url)) return url;
  throw new VirtbsError('config-invalid', `${databaseFile}: this is no URL of a database`, { hint });
}
