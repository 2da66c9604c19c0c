import { VirtbsError } from '../../errors.js';
import { failuresOf, showReasons } from '../../try-all.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { SlicePlan } from '../../plan/plan.js';
import type { DriverContext } from '../types.js';
import { removeNetwork } from './create-networks.js';
import { findStandingNetworks } from './find-standing-networks.js';
import { endEmulator } from './end-emulator.js';
import { listSlices, readListing } from './inspect-slices.js';
import { explainLibvirt } from './libvirt-failure.js';

export interface DestroyRequest {
  readonly slice: number;
  /** The plan that will be made right after. Networks that already stand as it wants them stay. */
  readonly next?: SlicePlan | undefined;
}

/** Destroys the domains and networks that carry the slice's metadata, all at once; tries everything before it fails. Returns
 * the names of the networks that stay. */
export async function destroySlice(
  libvirt: LibvirtPool,
  { slice, next }: DestroyRequest,
  { emit, signal }: DriverContext,
): Promise<ReadonlySet<string>> {
  const listing = await readListing(libvirt, signal);
  const state = listSlices(listing).find((candidate) => candidate.slice === slice);
  if (!state) return new Set();
  const standing = next ? await findStandingNetworks(next, listing.networks) : new Set<string>();
  const domains = state.vms.map(async ({ domain, uuid, power }) => {
    await explainLibvirt(domain, async () => {
      if (power !== 'off') await endEmulator(libvirt, uuid);
      await libvirt.undefineDomain(uuid, signal);
    });
    emit({ type: 'vm-gone', name: domain });
  });
  const networks = state.networks
    .filter(({ name }) => !standing.has(name))
    .map(({ name, uuid, plans }) =>
      explainLibvirt(`network ${name}`, () => removeNetwork(libvirt, { name, uuid, networks: plans })),
    );
  const failed = await failuresOf([...domains, ...networks]);
  signal.throwIfAborted();
  if (failed.length === 0) return standing;
  throw new VirtbsError('libvirt-failed', `slice ${slice} could not be destroyed whole\n${showReasons(failed)}`, {
    hint: 'see to the reason above, then wipe again: what is gone is gone, the rest is still known',
  });
}
