import { resolve } from 'node:path';
import { loadConfiguration } from '../config/load-configuration.js';
import { DRIVERS } from '../driver/known-drivers.js';
import { VirtbsError } from '../errors.js';
import { DEFAULT_ROOT } from '../filenames.js';
import type { Payload } from '../payload/find-payload.js';
import { readBytes, type FileBytes } from '../yaml/read-bytes.js';
import { findSaidPayload } from './find-said-payload.js';
import type { Project } from './open-project.js';
import type { Sources } from './sources.js';
import type { WorkplaceSettings } from './workplace-settings.js';

/**
 * Reads the configuration, and the steering file where one is given.
 *
 * @throws VirtbsError `config-invalid` with every problem; `project-foreign` for a project's file that is not ours
 */
export async function loadSources(settings: WorkplaceSettings, found: Project | null = null): Promise<Sources> {
  const { packageDirectory, cwd, files = [], overrides = [], topologyFile, signal } = settings;
  const project = found?.isGiven === true ? null : found;
  const bytes = new Map<string, Promise<FileBytes>>();
  // A pipe can be read only once.
  const read = (path: string): Promise<FileBytes> => {
    const known = bytes.get(path) ?? readBytes(path, { signal });
    bytes.set(path, known);
    return known;
  };
  const steering = topologyFile === undefined ? null : await readSteeringFile(resolve(cwd, topologyFile), signal);
  const last = topologyFile === undefined || steering ? [] : [topologyFile];
  const all = [...files, ...last].map((file) => resolve(cwd, file));
  const payload = await openPayload(settings, { project, files: all, read });
  const given = { packageDirectory, cwd, payload: payload?.file, project, overrides, drivers: DRIVERS, read, signal };
  const configuration = await loadConfiguration({ ...given, files: all });
  if (!payload) return { configuration, steering };
  const { coverPayload } = await import('../payload/cover-payload.js');
  return { configuration: await coverPayload(configuration, payload), steering };
}

async function readSteeringFile(file: string, signal: AbortSignal): Promise<Sources['steering']> {
  const { readSteering } = await import('../plan/read-steering.js');
  return await readSteering(file, signal);
}

interface Given {
  /** The project whose file is laid below the others. */
  readonly project: Project | null;
  /** Absolute. */
  readonly files: readonly string[];
  readonly read: (path: string) => Promise<FileBytes>;
}

/** Finds the payload, which is fetched where it has to be; undefined for none. */
async function openPayload(
  settings: WorkplaceSettings,
  { project, files, read: readOthers }: Given,
): Promise<Payload | undefined> {
  const { cwd, packageDirectory, env, overrides = [], signal } = settings;
  // What the project's file says here is believed, so it is made sure that it is ours.
  const read = (path: string): Promise<FileBytes> =>
    path === project?.path ? readBytes(path, { signal, accept: project.accept }) : readOthers(path);
  const all = [...(project ? [project.path] : []), ...files];
  const reference = settings.payload ?? (await findSaidPayload({ files: all, overrides, cwd, read }));
  if (reference === undefined) return undefined;
  const [{ findPayload }, { readEarly }] = await Promise.all([
    import('../payload/find-payload.js'),
    import('../config/read-early.js'),
  ]);
  const root = async (): Promise<string> => {
    const said = settings.root ?? (await readEarly('root', { files: all, overrides, cwd, read }));
    return resolve(cwd, said ?? DEFAULT_ROOT);
  };
  const payload = await findPayload(reference, { cwd, packageDirectory, env, signal, root });
  const below = await findSaidPayload({ files: [payload.file], overrides: [], cwd, read: readBytes });
  if (below === undefined) return payload;
  throw new VirtbsError('config-invalid', `${payload.file}: payload: a payload cannot be laid over another one`, {
    hint: 'take the key out of the file',
  });
}
