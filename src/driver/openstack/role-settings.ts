import type { OpenStackSettings, ServerSettings } from '../../openstack/openstack-settings.js';

/** What servers of a role are made of: that for all, with that for the role over it. */
export function roleSettings({ server, roles }: OpenStackSettings, role: string): ServerSettings {
  const own = Object.entries(roles[role] ?? {}).filter(([, value]) => value !== undefined);
  return { ...server, ...Object.fromEntries(own) };
}
