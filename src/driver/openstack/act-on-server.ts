import { retryConflicts } from './retry-conflicts.js';
import type { Site } from './site.js';

/**
 * Asks for an action on a server, again as long as the server is busy with another.
 *
 * Source: https://docs.openstack.org/api-ref/compute/#servers-run-an-action-servers-action
 */
export async function actOnServer({ cloud }: Site, id: string, action: object, signal: AbortSignal): Promise<void> {
  const service = cloud.service('compute');
  await retryConflicts(() => service.send('POST', `/servers/${id}/action`, { body: action, signal }), {
    clock: cloud.clock,
    signal,
  });
}
