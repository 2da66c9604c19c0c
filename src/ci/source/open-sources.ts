import { access, constants } from 'node:fs/promises';
import { resolve } from 'node:path';
import { VirtbsError } from '../../errors.js';
import type { Workplace } from '../../workplace/workplace.js';
import type { EventSource } from '../event-source.js';
import type { Ci } from '../open-ci.js';
import { gitEnvironment } from '../job/git-environment.js';
import { branchSource } from './branch-source.js';
import { fileSource } from './file-source.js';

export interface SourcesOptions {
  /** Paths of files of events; `-` for the standard input. */
  readonly files: readonly string[];
  readonly stdin: NodeJS.ReadableStream;
  /** Whether sources that never end look once. */
  readonly once: boolean;
  readonly gerrit?: EventSource | undefined;
}

/** Opens all that the configuration and the command line say. @throws VirtbsError `file-unreadable` for a file that is not there */
export async function openSources(
  options: SourcesOptions,
  { settings, paths: { repositories } }: Ci,
  place: Workplace,
): Promise<readonly EventSource[]> {
  const { files, stdin, once, gerrit } = options;
  const { emit } = place.verb;
  const { cwd } = place.settings;
  const paths = files.map((file) => (file === '-' ? file : resolve(cwd, file)));
  for (const path of paths) {
    if (path === '-') continue;
    await access(path, constants.R_OK).catch((cause: unknown) => {
      throw new VirtbsError('file-unreadable', `${path}: events cannot be read: ${String(cause)}`, { cause });
    });
  }
  const env = gitEnvironment(settings);
  const branches = settings.branches.map((branch) => branchSource({ branch, repositories, env, once, emit }));
  return [...(gerrit ? [gerrit] : []), ...branches, ...paths.map((path) => fileSource({ path, stdin, emit }))];
}
