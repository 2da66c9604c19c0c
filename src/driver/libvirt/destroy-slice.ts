import { VirtbsError } from '../../errors.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { SlicePlan } from '../../plan/plan.js';
import type { DriverContext } from '../types.js';
import { removeNetwork } from './create-networks.js';
import { findStandingNetworks } from './find-standing-networks.js';
import { inspectSlices } from './inspect-slices.js';
import { explainLibvirt } from './libvirt-failure.js';
import { METADATA_NAMESPACE } from './metadata.js';

export interface DestroyRequest {
  readonly slice: number;
  /** What will be built right after; networks that stand as it wants them stay. */
  readonly next?: SlicePlan | undefined;
}

/** Destroys the domains and networks that carry the slice's metadata, all at once; tries everything before it fails. */
export async function destroySlice(
  libvirt: LibvirtPool,
  { slice, next }: DestroyRequest,
  { emit, signal }: DriverContext,
): Promise<void> {
  const state = (await inspectSlices(libvirt, signal)).find((candidate) => candidate.slice === slice);
  if (!state) return;
  const standing = next
    ? await findStandingNetworks(next, await libvirt.listNetworks(METADATA_NAMESPACE, signal))
    : new Set<string>();
  const domains = state.vms.map(async ({ domain, uuid }) => {
    await explainLibvirt(domain, async () => {
      await libvirt.destroyDomain(uuid, signal);
      await libvirt.undefineDomain(uuid, signal);
    });
    emit({ type: 'vm-gone', name: domain });
  });
  const networks = state.networks
    .filter(({ name }) => !standing.has(name))
    .map(({ name, uuid, plans }) =>
      explainLibvirt(`network ${name}`, () => removeNetwork(libvirt, { name, uuid, networks: plans })),
    );
  const failed = failures(await Promise.allSettled([...domains, ...networks]));
  signal.throwIfAborted();
  if (failed.length === 0) return;
  throw new VirtbsError('libvirt-failed', `slice ${slice} could not be destroyed whole\n${failed.join('\n')}`, {
    hint: 'see to the reason above, then wipe again: what is gone is gone, the rest is still known',
  });
}

function failures(results: readonly PromiseSettledResult<void>[]): readonly string[] {
  return results.flatMap((result) => {
    if (result.status === 'fulfilled') return [];
    const reason: unknown = result.reason;
    return [reason instanceof Error ? reason.message : String(reason)];
  });
}
