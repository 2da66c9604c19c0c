import type { Configuration } from '../../src/config/configuration.js';
import type { Override } from '../../src/config/read-override.js';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { packageDirectory } from '../../src/package-directory.js';
import { makePlan } from '../../src/plan/make-plan.js';
import type { SlicePlan } from '../../src/plan/plan.js';
import { parseTopology } from '../../src/plan/topology.js';

/** The plan of a slice on the shipped layer `roles`. */
export async function planOf(slice: number, ...topology: readonly string[]): Promise<SlicePlan> {
  return await planWith([], slice, ...topology);
}

/** The same with `-E` overrides. */
export async function planWith(
  literals: readonly string[],
  slice: number,
  ...topology: readonly string[]
): Promise<SlicePlan> {
  return makePlan(await configurationWith(literals), { slice, layers: ['roles'], topology: parseTopology(topology) });
}

/** The plan of slice 1 on shipped layers. */
export async function planWithLayers(layers: readonly string[], ...topology: readonly string[]): Promise<SlicePlan> {
  return makePlan(await configurationWith([]), { slice: 1, layers, topology: parseTopology(topology) });
}

async function configurationWith(literals: readonly string[]): Promise<Configuration> {
  const overrides = literals.map((text): Override => ({ kind: 'literal', text }));
  const directory = await packageDirectory();
  return await loadConfiguration({ packageDirectory: directory, cwd: directory, files: [], overrides });
}
