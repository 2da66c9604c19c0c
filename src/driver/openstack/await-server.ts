import * as z from 'zod';
import { VirtbsError } from '../../errors.js';
import { isCloudError } from '../../openstack/cloud-error.js';
import { pause } from './pause.js';
import { serverSchema, type ServerResource } from './resources.js';
import type { Site } from './site.js';

const POLL = 1000;

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
  const end = performance.now() + site.settings.missingTimeout;
  for (;;) {
    const server = await readServer(site, id, signal);
    if (server === null) throw new LostServerError('vm-failed', `${name}: the server has vanished while it was made`);
    if (statuses.has(server.status) && !server['OS-EXT-STS:task_state']) return server;
    if (server.status === 'ERROR') {
      const { message = 'the cloud does not say why', code } = server.fault ?? {};
      throw new LostServerError(
        'vm-failed',
        `${name}: the server is in ERROR: ${message}${code === undefined ? '' : ` (${code})`}`,
      );
    }
    if (performance.now() > end) {
      const state = server['OS-EXT-STS:task_state'] ?? null;
      throw new VirtbsError(
        'timeout',
        `${name}: the server is still ${server.status}${state === null ? '' : ` (${state})`} after ${site.settings.missingTimeout / 1000} s`,
        { hint: 'give it longer with openstack.missing_timeout, or ask the operators of the cloud' },
      );
    }
    await pause(POLL, signal);
  }
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
