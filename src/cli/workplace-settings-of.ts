import type { WorkplaceSettings } from '../workplace/workplace-settings.js';
import type { CommandContext, GlobalArguments } from './command.js';

/** The value of `--project` that means none. */
const NO_PROJECT = 'none';

/** The arguments of a command line that say where work is done. */
export interface PlaceArguments extends Pick<
  GlobalArguments,
  | 'driver'
  | 'connect'
  | 'root'
  | 'payload'
  | 'project'
  | 'config'
  | 'overrides'
  | 'outputDir'
  | 'progress'
  | 'quiet'
  | 'verbose'
> {
  /** The value of `--file`. */
  readonly topologyFile?: string | undefined;
}

/** Returns the settings that a command line gives. */
export function workplaceSettingsOf(
  args: PlaceArguments,
  { cwd, env, signal, packageDirectory, read }: CommandContext,
  emit: WorkplaceSettings['emit'],
): WorkplaceSettings {
  const { driver, connect, root, payload, project, config: files, overrides, topologyFile } = args;
  const { outputDir: outputDirectory } = args;
  const chosen = { driver, connect, root, payload, files, overrides, topologyFile, outputDirectory };
  return { cwd, env, packageDirectory, project: projectOf(project), ...chosen, read, emit, signal };
}

/** Returns the project that the value of `--project` means. */
export function projectOf(file: string | undefined): WorkplaceSettings['project'] {
  return file === NO_PROJECT ? null : { ...(file !== undefined && { file }) };
}
