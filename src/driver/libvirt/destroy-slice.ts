import { VirtbsError } from '../../errors.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { DriverContext } from '../types.js';
import { removeNetwork } from './build-slice.js';
import { inspectSlices } from './inspect-slices.js';
import { explainLibvirt } from './libvirt-failure.js';

/** Destroys the domains and networks that carry the slice's metadata, all at once; tries everything before it fails. */
export async function destroySlice(
  libvirt: LibvirtPool,
  slice: number,
  { emit, signal }: DriverContext,
): Promise<void> {
  const state = (await inspectSlices(libvirt, signal)).find((candidate) => candidate.slice === slice);
  if (!state) return;
  const domains = state.vms.map(async ({ domain, uuid }) => {
    await explainLibvirt(domain, async () => {
      await libvirt.destroyDomain(uuid, signal);
      await libvirt.undefineDomain(uuid, signal);
    });
    emit({ type: 'vm-gone', name: domain });
  });
  const failedDomains = failures(await Promise.allSettled(domains));
  const networks = state.networks.map(({ name, uuid }) =>
    explainLibvirt(`network ${name}`, () => removeNetwork(libvirt, uuid)),
  );
  const failed = [...failedDomains, ...failures(await Promise.allSettled(networks))];
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
