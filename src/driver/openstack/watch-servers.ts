import { slicePrefix } from '../../filenames.js';
import { readServer } from './await-server.js';
import { serverSchema, type ServerResource } from './resources.js';
import type { Site } from './site.js';

/** A server as it is now; null where there is none. */
export type ReadServer = (id: string) => Promise<ServerResource | null>;

/**
 * Reads servers of a slice for all who wait for one. Who asks while the cloud is being asked shares the next answer, which is of
 * all of them: what a server costs a cloud to tell it costs for each request, not for each server.
 */
export function watchServers(site: Site, slice: number, signal: AbortSignal): ReadServer {
  const query = { name: `^${slicePrefix(slice)}` };
  let current: Promise<unknown> = Promise.resolve();
  let next: Promise<ReadonlyMap<string, ServerResource>> | undefined;
  const look = async (): Promise<ReadonlyMap<string, ServerResource>> => {
    await current.catch(() => undefined);
    next = undefined;
    const servers = site.cloud
      .service('compute')
      .list('/servers/detail', 'servers', { schema: serverSchema, query, signal });
    current = servers;
    return new Map((await servers).map((server) => [server.id, server]));
  };
  return async (id) => {
    next ??= look();
    // Lists can lack a server that is just being given to a host.
    return (await next).get(id) ?? (await readServer(site, id, signal));
  };
}
