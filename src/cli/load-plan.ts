import { resolve } from 'node:path';
import { loadConfiguration } from '../config/load-configuration.js';
import type { Configuration } from '../config/configuration.js';
import { VirtbsError } from '../errors.js';
import { configuredTopology } from '../plan/configured-topology.js';
import { makePlan } from '../plan/make-plan.js';
import type { SlicePlan } from '../plan/plan.js';
import { readSteering, type Steering } from '../plan/read-steering.js';
import { steeredTopology } from '../plan/steered-topology.js';
import { parseTopology, type Topology } from '../plan/topology.js';
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
  const file = typeof args['file'] === 'string' ? resolve(context.cwd, args['file']) : undefined;
  const said = parseWords(args, file !== undefined);
  const steering = file === undefined ? null : await readSteering(file);
  const files = file === undefined || steering ? args.config : [...args.config, file];
  const configuration = await loadConfigurationFor({ ...args, config: files }, context);
  const { layers, roles, vms } = said ?? fileTopology(configuration, { file, steering });
  return { configuration, plan: makePlan(configuration, { slice, layers, topology: roles, vms }) };
}

export async function loadConfigurationFor(args: CommandArguments, context: CommandContext): Promise<Configuration> {
  const { packageDirectory, cwd } = context;
  return await loadConfiguration({ packageDirectory, cwd, files: args.config, overrides: args.overrides });
}

/** The topology that the words of the line are; null where there are none, as a file has it. */
function parseWords(args: CommandArguments, hasFile: boolean): Topology | null {
  const words = stringList(args['topology']);
  const given = typeof args['layers'] === 'string' ? [args['layers'], ...words] : words;
  if (given.length === 0) return null;
  if (hasFile) {
    throw new VirtbsError('usage', `"${given.join(' ')}" besides --file`, { hint: 'give words or a file, not both' });
  }
  const [layers = '', ...roles] = given;
  if (roles.length === 0) {
    throw new VirtbsError('usage', 'arguments are missing: got 1, need at least 2', {
      hint: 'give layers and roles: roles controller:1 worker:2',
    });
  }
  return { layers: layers.split(',').map((layer) => layer.trim()), roles: parseTopology(roles), vms: {} };
}

function fileTopology(
  configuration: Configuration,
  { file, steering }: { readonly file: string | undefined; readonly steering: Steering | null },
): Topology {
  if (steering) return steeredTopology(steering, configuration.steering);
  if (configuration.topology) return configuredTopology(configuration.topology);
  if (file !== undefined) {
    throw new VirtbsError('usage', `${file}: there is no section "topology"`, {
      hint: 'say what to build: topology: {layers: [roles], roles: {controller: 1}}',
    });
  }
  throw new VirtbsError('usage', 'arguments are missing: no layers, no topology, and no file that says them', {
    hint: 'for example: roles controller:1 worker:2, or --file cluster.yaml',
  });
}
