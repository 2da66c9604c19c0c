import { loadConfiguration, type LoadOptions } from '../config/load-configuration.js';
import { configuredTopology } from '../plan/configured-topology.js';
import { makePlan } from '../plan/make-plan.js';
import { shippedPayloads, type Payload } from './find-payload.js';

/** A payload with what it needs. */
export interface PayloadSummary {
  readonly name: string;
  /** Its folder, absolute. */
  readonly path: string;
  /** What it is, in a line; null where it does not say. */
  readonly title: string | null;
  /** The number of VMs of its own topology, and the memory of all of them. */
  readonly vms: number;
  readonly memoryMiB: number;
  /** Disk space of this machine, images included; null where it does not say. */
  readonly diskBytes: number | null;
  /** The time from nothing, on a machine that has to emulate VMs; null where it does not say. */
  readonly minutes: number | null;
}

/** Lists the payloads that come with virtbs, by name. @throws VirtbsError `config-invalid` with every problem of one */
export async function listPayloads(options: Omit<LoadOptions, 'payload'>): Promise<readonly PayloadSummary[]> {
  const payloads = await shippedPayloads(options.packageDirectory);
  return await Promise.all(payloads.map((payload) => summarize(payload, options)));
}

async function summarize({ name, folder, file }: Payload, options: LoadOptions): Promise<PayloadSummary> {
  const configuration = await loadConfiguration({ ...options, payload: file });
  const { about, topology } = configuration;
  const { layers, roles, vms } = configuredTopology(topology ?? { layers: [], roles: {}, vms: {} });
  const plan = makePlan(configuration, { slice: 1, layers, topology: roles, vms });
  return {
    name,
    path: folder,
    title: about.title ?? null,
    vms: plan.vms.length,
    memoryMiB: plan.vms.reduce((sum, vm) => sum + vm.memoryMiB, 0),
    diskBytes: about.disk ?? null,
    minutes: about.minutes ?? null,
  };
}
