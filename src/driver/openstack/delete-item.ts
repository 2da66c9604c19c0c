import type { ServiceClient } from '../../openstack/cloud.js';
import { isCloudError } from '../../openstack/cloud-error.js';
import { VirtbsError } from '../../errors.js';
import { retryConflicts } from './retry-conflicts.js';
import { watch } from './watch.js';
import * as z from 'zod';

/** Milliseconds that a thing may take to go. */
const LIMIT = 300_000;
/** Milliseconds after which the service is asked once more: a request that comes while a thing is made may be lost. */
const ASK_INTERVAL = 20_000;

/** Deletes a thing; one that is gone is done. What is still held by something else is tried again for a while. */
export async function deleteItem(service: ServiceClient, path: string, signal: AbortSignal): Promise<void> {
  const work = async (): Promise<void> => {
    try {
      await service.send('DELETE', path, { signal });
    } catch (error) {
      if (!isCloudError(error, 404)) throw error;
    }
  };
  // The volume service says of a volume that is being made that the request is bad.
  await retryConflicts(work, {
    clock: service.clock,
    statuses: service.type === 'volume' ? [400, 409] : [409],
    signal,
  });
}

/** Deletes a thing that takes its time, and waits until it is gone. @throws VirtbsError `timeout` */
export async function deleteAndWait(service: ServiceClient, path: string, signal: AbortSignal): Promise<void> {
  const { clock } = service;
  let asked = -Infinity;
  const look = async (): Promise<true | undefined> => {
    if (clock.now() - asked > ASK_INTERVAL) {
      asked = clock.now();
      await deleteItem(service, path, signal);
    }
    return (await isGone(service, path, signal)) || undefined;
  };
  const late = (): VirtbsError =>
    new VirtbsError('timeout', `${path} is still there ${LIMIT / 1000} s after it was to be deleted`);
  await watch({ clock, look, limit: LIMIT, late, signal });
}

async function isGone(service: ServiceClient, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    await service.request('GET', path, { schema: z.unknown(), signal });
    return false;
  } catch (error) {
    if (isCloudError(error, 404)) return true;
    throw error;
  }
}
