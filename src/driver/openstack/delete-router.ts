import { isCloudError } from '../../openstack/cloud-error.js';
import { deleteItem } from './delete-item.js';
import { portSchema } from './resources.js';
import { retryConflicts } from './retry-conflicts.js';
import type { Site } from './site.js';

/** Deletes a router with its interfaces, without which it would not go. */
export async function deleteRouter({ cloud }: Pick<Site, 'cloud'>, id: string, signal: AbortSignal): Promise<void> {
  const subnets = [...(await listInterfaces({ cloud }, id, signal))];
  await Promise.all(subnets.map((subnet) => removeInterface({ cloud }, { router: id, subnet, signal })));
  await deleteItem(cloud.service('network'), `/routers/${id}`, signal);
}

/** The ids of the subnets that a router is on. */
export async function listInterfaces(
  { cloud }: Pick<Site, 'cloud'>,
  router: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const query = { device_id: router, device_owner: 'network:router_interface' };
  const ports = await cloud.service('network').list('/ports', 'ports', { schema: portSchema, query, signal });
  return new Set(ports.flatMap(({ fixed_ips }) => fixed_ips.slice(0, 1).map(({ subnet_id }) => subnet_id)));
}

/** Takes a router off a subnet; where it is not on it that is done. */
export async function removeInterface(
  { cloud }: Pick<Site, 'cloud'>,
  { router, subnet, signal }: { readonly router: string; readonly subnet: string; readonly signal: AbortSignal },
): Promise<void> {
  await retryConflicts(
    async () => {
      try {
        const body = { subnet_id: subnet };
        await cloud.service('network').send('PUT', `/routers/${router}/remove_router_interface`, { body, signal });
      } catch (error) {
        if (!isCloudError(error, 400, 404)) throw error;
      }
    },
    { clock: cloud.clock, signal },
  );
}
