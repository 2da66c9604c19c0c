import { resolve } from 'node:path';
import { fileOwners, findProjectFile, type ProjectFile } from '../files/find-project-file.js';
import { isSameFolder } from '../files/is-same-folder.js';
import type { WorkplaceSettings } from './workplace-settings.js';

/** The project that one stands in. */
export interface Project extends ProjectFile {
  /** True if the file is among the configuration files, too: it is read there. */
  readonly isGiven: boolean;
}

/** Returns the project of a workplace; null where there is none, or none is wanted. */
export async function openProject(settings: WorkplaceSettings): Promise<Project | null> {
  const { cwd, project = null, files = [], topologyFile } = settings;
  if (project === null) return null;
  const found = project.file === undefined ? await find(settings) : { path: resolve(cwd, project.file) };
  if (!found) return null;
  const given = [...files, ...(topologyFile === undefined ? [] : [topologyFile])].map((file) => resolve(cwd, file));
  const same = await Promise.all(given.map((file) => isSameFolder(file, found.path)));
  return { ...found, isGiven: same.includes(true) };
}

async function find({ cwd, env }: WorkplaceSettings): Promise<ProjectFile | null> {
  const home = env['HOME'];
  return await findProjectFile({ cwd, ...(home !== undefined && { home }), owners: fileOwners(env) });
}
