import * as z from 'zod';
import type { VmPlan } from '../../plan/plan.js';
import { listOwned } from './list-owned.js';
import { packMark, type Mark } from './mark.js';
import { serverGroupSchema } from './resources.js';
import { roleSettings } from './role-settings.js';
import type { Site } from './site.js';

/** The microversion since which a server group has one policy instead of a list. */
const ONE_POLICY = '2.64';

/** Makes the server groups that roles ask for and are missing; their ids by role. */
export async function createServerGroups(
  site: Site,
  vms: readonly VmPlan[],
  mark: Mark,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(vms.map(({ role }) => role))].flatMap((role) => {
    const policy = roleSettings(site.settings, role).serverGroup;
    return policy === undefined ? [] : [{ role, policy }];
  });
  if (wanted.length === 0) return new Map();
  const compute = site.cloud.service('compute');
  const standing = await listOwned(site, 'serverGroups', { slice: mark.slice, signal });
  const single = await compute.speaks(ONE_POLICY, signal);
  const schema = z.object({ server_group: serverGroupSchema });
  const groups = wanted.map(async ({ role, policy }) => {
    const name = `bs${mark.slice}-${role}-${policy}`;
    const stands = standing.find(({ item }) => item.name.startsWith(`${name} `))?.item;
    if (stands) return [role, stands.id] as const;
    const server_group = {
      name: `${name} ${packMark({ ...mark, session: '' })}`,
      ...(single ? { policy } : { policies: [policy] }),
    };
    const made = await compute.request('POST', '/os-server-groups', { body: { server_group }, schema, signal });
    return [role, made.server_group.id] as const;
  });
  return new Map(await Promise.all(groups));
}
