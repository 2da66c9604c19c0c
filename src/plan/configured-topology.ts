import type { TopologySettings } from '../config/configuration.js';
import type { Member, Topology } from './topology.js';

/** The topology of a file: VMs that have names of their own come behind the others of their role. */
export function configuredTopology({ layers, roles, vms }: TopologySettings): Topology {
  const members = new Map<string, Member[]>();
  for (const [name, { role, settings }] of Object.entries(vms)) {
    if (role !== undefined) members.set(role, [...(members.get(role) ?? []), { name, settings }]);
  }
  const names = new Set([...Object.keys(roles), ...members.keys()]);
  const others = Object.entries(vms).filter(([, { role }]) => role === undefined);
  return {
    layers,
    roles: [...names].map((role) => {
      const { count = 0, settings = {} } = roles[role] ?? {};
      const own = members.get(role) ?? [];
      return { role, count: count + own.length, settings, members: own };
    }),
    vms: Object.fromEntries(others.map(([name, { settings }]) => [name, settings])),
  };
}
