import { resolve } from 'node:path';
import { DEFAULT_LAYERS } from '../config/check-topology.js';
import type { Configuration } from '../config/configuration.js';
import { VirtbsError } from '../errors.js';
import { configuredTopology } from '../plan/configured-topology.js';
import { makePlan } from '../plan/make-plan.js';
import type { SlicePlan } from '../plan/plan.js';
import { steeredTopology } from '../plan/steered-topology.js';
import { parseTopology, type RoleCount, type Topology } from '../plan/topology.js';
import type { Sources } from './sources.js';
import type { WorkplaceSettings } from './workplace-settings.js';

/** The slice to make, as a person writes it; what is not there is as the files say it. */
export interface PlanRequest {
  readonly slice: number;
  /** `roles,debian`; a word with a colon (`controller:1`) is the first of the topology instead. */
  readonly layers?: string | undefined;
  /** `controller:1`, `worker:2` */
  readonly topology?: readonly string[];
}

/** The words of a request, read. */
interface Words {
  readonly layers: readonly string[] | undefined;
  readonly roles: readonly RoleCount[] | undefined;
}

/** Makes the plan of a slice; touches nothing. @throws VirtbsError with exit code 2 */
export async function loadPlan(
  request: PlanRequest,
  { cwd, topologyFile }: WorkplaceSettings,
  load: () => Promise<Sources>,
): Promise<SlicePlan> {
  const file = topologyFile === undefined ? undefined : resolve(cwd, topologyFile);
  const words = parseWords(request);
  refuseWordsBesides(file, request);
  const sources = await load();
  const { layers, roles, vms } = makeTopology(words, sources, file);
  return makePlan(sources.configuration, { slice: request.slice, layers, topology: roles, vms });
}

/** Returns whether the words or the files say which VMs to make. @throws VirtbsError `config-invalid` */
export async function asksForVms(
  { layers, topology = [] }: Omit<PlanRequest, 'slice'>,
  load: () => Promise<Sources>,
): Promise<boolean> {
  if (layers !== undefined || topology.length > 0) return true;
  const { steering, configuration } = await load();
  return steering !== null || hasVms(configuration.topology);
}

function parseWords({ layers: first, topology = [] }: PlanRequest): Words {
  const hasLayers = first !== undefined && !first.includes(':');
  const roles = first === undefined || hasLayers ? topology : [first, ...topology];
  return {
    layers: hasLayers ? first.split(',').map((layer) => layer.trim()) : undefined,
    roles: roles.length === 0 ? undefined : parseTopology(roles),
  };
}

function refuseWordsBesides(file: string | undefined, { layers, topology = [] }: PlanRequest): void {
  const given = layers === undefined ? topology : [layers, ...topology];
  if (file === undefined || given.length === 0) return;
  throw new VirtbsError('usage', `"${given.join(' ')}" besides --file`, { hint: 'give words or a file, not both' });
}

/** The command line comes first; it replaces the layers of the files, or their VMs, or both. */
function makeTopology({ layers, roles }: Words, { configuration, steering }: Sources, file?: string): Topology {
  const { topology } = configuration;
  if (roles) return { layers: layers ?? topology?.layers ?? DEFAULT_LAYERS, roles, vms: {} };
  if (steering) return steeredTopology(steering, configuration.steering);
  const role = roleTakenForLayer(layers ?? [], configuration);
  if (role !== null) {
    throw new VirtbsError('usage', `${role} is a role, and no layer`, { hint: `give it a count: ${role}:1` });
  }
  if (topology && (hasVms(topology) || layers === undefined)) {
    return configuredTopology(layers ? { ...topology, layers } : topology);
  }
  if (file !== undefined) {
    throw new VirtbsError('usage', `${file}: there is no section "topology"`, {
      hint: 'say what to build: topology: controller:1 worker:2',
    });
  }
  if (layers !== undefined) {
    throw new VirtbsError('usage', 'arguments are missing: got 1, need at least 2', {
      hint: `give roles too, each with a count: ${layers.join(',')} controller:1 worker:2`,
    });
  }
  throw new VirtbsError('usage', 'arguments are missing: no layers, no topology, and no file that says them', {
    hint: 'for example: controller:1 worker:2, or --file cluster.yaml',
  });
}

/** Returns the word that somebody gave as the only one, and meant as a role. */
function roleTakenForLayer(layers: readonly string[], { machineMatrix }: Configuration): string | null {
  const [word = '', ...others] = layers;
  if (others.length > 0 || Object.hasOwn(machineMatrix, word)) return null;
  return DEFAULT_LAYERS.some((layer) => Object.hasOwn(machineMatrix[layer] ?? {}, word)) ? word : null;
}

function hasVms(topology: Configuration['topology']): boolean {
  return topology !== undefined && Object.keys({ ...topology.roles, ...topology.vms }).length > 0;
}
