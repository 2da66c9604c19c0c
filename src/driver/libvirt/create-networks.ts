import { existsSync } from 'node:fs';
import { registersNames, RESOLVED_SOCKET } from '../../host/registers-names.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { SlicePlan } from '../../plan/plan.js';
import { dropOrphanBridge } from './drop-orphan-bridge.js';
import { findStandingNetworks } from './find-standing-networks.js';
import { fitNetworks } from './fit-networks.js';
import { explainLibvirt } from './libvirt-failure.js';
import { METADATA_NAMESPACE, parseNetworkMetadata } from './metadata.js';
import type { Ownership } from '../ownership.js';
import { answersFor, networkXml, planBridges, type BridgePlan } from './network-xml.js';

export interface NetworkOptions {
  readonly libvirt: LibvirtPool;
  readonly ownership: Ownership;
  readonly signal: AbortSignal;
  /** VMs run on those that are up: these are made to fit, not made anew. */
  readonly inUse: boolean;
  /** The networks that were seen to stand just now, as the plan wants them. */
  readonly standing: ReadonlySet<string>;
}

/** Makes the networks of the plan that do not stand yet; where one fails, those that were made are taken away again. */
export async function createNetworks(plan: SlicePlan, options: NetworkOptions): Promise<void> {
  const { libvirt, signal, inUse } = options;
  if (!inUse && planBridges(plan).every(({ name }) => options.standing.has(name))) return;
  const networks = await libvirt.listNetworks(METADATA_NAMESPACE, signal);
  const standing = inUse ? await fitNetworks(plan, networks, options) : await findStandingNetworks(plan, networks);
  const missing = planBridges(plan).filter(({ name }) => !standing.has(name));
  if (missing.length === 0) return;
  // Left half made, or not as the plan wants them.
  const ours = networks.filter(
    ({ metadata }) => metadata !== null && parseNetworkMetadata(metadata)?.slice === plan.slice,
  );
  const made = await Promise.allSettled(
    missing.map(async (bridge) => {
      await explainLibvirt(`network ${bridge.name}`, async () => {
        if (ours.some(({ uuid }) => uuid === bridge.uuid)) await removeNetwork(libvirt, bridge);
        await startNetwork(plan, bridge, options);
        await libvirt.setNetworkAutostart(bridge.uuid, true, signal);
      });
    }),
  );
  for (const result of made) {
    if (result.status === 'fulfilled') continue;
    await Promise.allSettled(missing.map((bridge) => removeNetwork(libvirt, bridge)));
    throw result.reason;
  }
}

/** Starts a network, and lets this machine know its names where that can be done; the names are no reason to be without the network. */
async function startNetwork(
  plan: SlicePlan,
  bridge: BridgePlan,
  { libvirt, ownership, signal }: NetworkOptions,
): Promise<void> {
  if (answersFor(bridge) && existsSync(RESOLVED_SOCKET)) {
    const { type, libvirtVersion } = await libvirt.identity(signal);
    if (type === 'QEMU' && registersNames(libvirtVersion)) {
      try {
        await libvirt.defineNetwork(networkXml(plan, bridge, { ...ownership, register: true }), {}, signal);
        await libvirt.startNetwork(bridge.uuid, signal);
        return;
      } catch (error) {
        if (signal.aborted) throw error;
      }
    }
  }
  await libvirt.defineNetwork(networkXml(plan, bridge, ownership), {}, signal);
  await libvirt.startNetwork(bridge.uuid, signal);
}

/** Takes a network away that was made by us; once begun it is not interrupted. */
export async function removeNetwork(
  libvirt: LibvirtPool,
  { name, uuid, networks }: Pick<BridgePlan, 'name' | 'uuid' | 'networks'>,
): Promise<void> {
  await libvirt.destroyNetwork(uuid);
  // The definition goes last: as long as it is there, the bridge is known to be ours.
  await dropOrphanBridge(
    name,
    networks.map(({ mac }) => mac),
  );
  await libvirt.undefineNetwork(uuid);
}
