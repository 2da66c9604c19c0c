import { resolve } from 'node:path';
import { DEFAULT_ROOT } from '../filenames.js';
import type { CommandArguments, CommandContext } from './command.js';

/** The root for a command that needs nothing else of the configuration, which is read only where it could change the root. */
export async function resolveRoot(args: CommandArguments, context: CommandContext): Promise<string> {
  if (args.root !== undefined) return resolve(context.cwd, args.root);
  if (args.config.length === 0 && args.overrides.length === 0) return DEFAULT_ROOT;
  const { loadConfigurationFor } = await import('./load-plan.js');
  const { paths } = await loadConfigurationFor(args, context);
  return resolve(context.cwd, paths.virtbsRoot);
}
