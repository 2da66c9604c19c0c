import type { OpenStackSettings, ServerSettings } from './openstack-settings.js';

/** Returns the settings for servers of a role: those for all roles, with those for the role laid over them. */
export function roleSettings({ server, roles }: OpenStackSettings, role: string): ServerSettings {
  const own = Object.entries(roles[role] ?? {}).filter(([, value]) => value !== undefined);
  return { ...server, ...Object.fromEntries(own) };
}
