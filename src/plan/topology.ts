import type { PartialRoleSettings } from '../config/configuration.js';
import { VirtbsError } from '../errors.js';

/** How many VMs of a role are asked for, in the order of the command line. */
export interface RoleCount {
  readonly role: string;
  readonly count: number;
  /** Laid over what the layers say of the role. */
  readonly settings?: PartialRoleSettings;
  /** The last of its VMs, where they are asked for one by one. */
  readonly members?: readonly Member[];
}

/** A VM of a role that differs from the others. */
export interface Member {
  /** The host name; that of role and offset where none is given. */
  readonly name?: string;
  /** The image of its first disk, where it is not that of the role. */
  readonly imageSlot?: string;
  readonly settings: PartialRoleSettings;
}

/** What a slice is to be. */
export interface Topology {
  readonly layers: readonly string[];
  readonly roles: readonly RoleCount[];
  /** By host name, for VMs that the roles have anyway. */
  readonly vms: Readonly<Record<string, PartialRoleSettings>>;
}

const EXAMPLE = 'a topology is ROLE or ROLE:COUNT, for example: controller:1 worker:2';

/**
 * Reads `controller:1 worker:2`, `controller:1,worker:2` or `controller` (one VM).
 *
 * @throws VirtbsError `usage` for an empty word, a count that is no number or none at all, a role named twice
 */
export function parseTopology(words: readonly string[]): readonly RoleCount[] {
  const counts = words.flatMap((word) => word.split(',')).map((item) => parseRoleCount(item.trim()));
  const seen = new Set<string>();
  for (const { role } of counts) {
    if (seen.has(role)) {
      throw new VirtbsError('usage', `topology: role ${JSON.stringify(role)} is asked for twice`, {
        hint: 'give one count for each role',
      });
    }
    seen.add(role);
  }
  if (counts.length === 0) throw new VirtbsError('usage', 'topology: no role is asked for', { hint: EXAMPLE });
  return counts;
}

function parseRoleCount(item: string): RoleCount {
  const match = /^([^:]+)(?::(.*))?$/s.exec(item);
  const role = match?.[1];
  if (role === undefined)
    throw new VirtbsError('usage', `topology: ${JSON.stringify(item)} names no role`, { hint: EXAMPLE });
  const count = match?.[2] ?? '1';
  if (!/^[0-9]{1,6}$/.test(count)) {
    throw new VirtbsError(
      'usage',
      `topology: ${JSON.stringify(item)}: the count ${JSON.stringify(count)} is not a number`,
      { hint: EXAMPLE },
    );
  }
  return { role, count: Number(count) };
}
