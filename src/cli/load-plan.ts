import { loadConfiguration } from '../config/load-configuration.js';
import type { Configuration } from '../config/configuration.js';
import { makePlan } from '../plan/make-plan.js';
import type { SlicePlan } from '../plan/plan.js';
import { parseTopology } from '../plan/topology.js';
import type { CommandArguments, CommandContext } from './command.js';
import { parseSlice } from './parse-slice.js';
import { stringList } from './string-list.js';

export interface LoadedPlan {
  readonly configuration: Configuration;
  readonly plan: SlicePlan;
}

/** Configuration and plan of a command line; touches nothing. @throws VirtbsError with exit code 2 */
export async function loadPlan(args: CommandArguments, context: CommandContext): Promise<LoadedPlan> {
  const slice = parseSlice(args.slice);
  const topology = parseTopology(stringList(args['topology']));
  const configuration = await loadConfigurationFor(args, context);
  const layers = String(args['layers'])
    .split(',')
    .map((layer) => layer.trim());
  return { configuration, plan: makePlan(configuration, { slice, layers, topology }) };
}

export async function loadConfigurationFor(args: CommandArguments, context: CommandContext): Promise<Configuration> {
  const { packageDirectory, cwd } = context;
  return await loadConfiguration({ packageDirectory, cwd, files: args.config, overrides: args.overrides });
}
