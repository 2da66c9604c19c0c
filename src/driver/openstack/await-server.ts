import * as z from 'zod';
import { VirtbsError } from '../../errors.js';
import { isCloudError } from '../../openstack/cloud-error.js';
import { serverSchema, type ServerResource } from './resources.js';
import type { Site } from './site.js';
import { watch } from './watch.js';

export type Wanted = 'ACTIVE' | 'SHUTOFF' | 'PAUSED';

export interface AwaitOptions {
  readonly id: string;
  readonly name: string;
  /** One of these is. */
  readonly wanted: Wanted | readonly Wanted[];
  readonly signal: AbortSignal;
}

/** A server that ended in ERROR, or is not there any more. */
export class LostServerError extends VirtbsError {
  /** The last lines of its console. */
  console: readonly string[] = [];
}

/**
 * Waits until a server is what is wanted, and gives it as it is then.
 *
 * @throws LostServerError with what the cloud says about it; VirtbsError `timeout`
 */
export async function awaitServer(site: Site, { id, name, wanted, signal }: AwaitOptions): Promise<ServerResource> {
  const statuses = new Set<string>([wanted].flat());
  let state = '';
  const look = async (): Promise<ServerResource | undefined> => {
    const server = await readServer(site, id, signal);
    if (server === null) throw new LostServerError('vm-failed', `${name}: the server has vanished while it was made`);
    const task = server['OS-EXT-STS:task_state'];
    if (statuses.has(server.status) && !task) return server;
    if (server.status === 'ERROR') {
      const { message = 'the cloud does not say why', code } = server.fault ?? {};
      throw new LostServerError(
        'vm-failed',
        `${name}: the server is in ERROR: ${message}${code === undefined ? '' : ` (${code})`}`,
      );
    }
    state = `${server.status}${task ? ` (${task})` : ''}`;
    return undefined;
  };
  const late = (): VirtbsError => lateError(`${name}: the server`, state, site);
  return await watch({ clock: site.cloud.clock, look, limit: site.settings.missingTimeout, late, signal });
}

/** Returns the error for a thing that is not in the state waited for when `openstack.missing_timeout` is over. */
export function lateError(what: string, state: string, { settings }: Pick<Site, 'settings'>): VirtbsError {
  return new VirtbsError('timeout', `${what} is still ${state} after ${settings.missingTimeout / 1000} s`, {
    hint: 'give it longer with openstack.missing_timeout, or ask the operators of the cloud',
  });
}

/** A server as it is now; null where there is none. */
export async function readServer({ cloud }: Site, id: string, signal: AbortSignal): Promise<ServerResource | null> {
  try {
    const schema = z.object({ server: serverSchema });
    return (await cloud.service('compute').request('GET', `/servers/${id}`, { schema, signal })).server;
  } catch (error) {
    if (isCloudError(error, 404)) return null;
    throw error;
  }
}
