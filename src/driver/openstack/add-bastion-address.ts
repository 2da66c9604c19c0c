import type { SlicePlan } from '../../plan/plan.js';
import { needsFloating, type Ground } from './create-ground.js';
import { createFloatingIp } from './create-ports.js';
import { listOwned } from './list-owned.js';
import type { Mark } from './mark.js';
import { accessPort, bastionOf } from './reach.js';
import type { Site } from './site.js';

/** Gives the VM that the others are behind a floating address where it has none: it may have become that one just now. */
export async function addBastionAddress(
  site: Site,
  plan: SlicePlan,
  { ground, mark, signal }: { readonly ground: Ground; readonly mark: Mark; readonly signal: AbortSignal },
): Promise<void> {
  const bastion = bastionOf(plan);
  const external = await ground.external;
  if (site.settings.access !== 'jump' || !needsFloating(site) || external === null || !bastion) return;
  const filter = { slice: plan.slice, signal };
  const [ports, addresses] = await Promise.all([
    listOwned(site, 'ports', filter),
    listOwned(site, 'floatingIps', filter),
  ]);
  const port = ports.find(({ item }) => item.name === accessPort(bastion))?.item.id;
  if (port === undefined || addresses.some(({ item }) => item.port_id === port)) return;
  await createFloatingIp(site, { external, port, mark, signal });
}
