import type { PartialRoleSettings } from '../config/configuration.js';
import { readTopologyWords } from '../config/topology-words.js';
import { VirtbsError } from '../errors.js';

/** A role and the number of its VMs, in the order of the command line. */
export interface RoleCount {
  readonly role: string;
  readonly count: number;
  /** The place and the name of the request, where a file of another tool makes it. */
  readonly asked?: AskedName;
  /** Settings laid over those of the layers for the role. */
  readonly settings?: PartialRoleSettings;
  /** The last of its VMs, where they are asked for one by one. */
  readonly members?: readonly Member[];
}

/** A name in a file of another tool that stands for one of ours. */
export interface AskedName {
  /** `steering.json:12:30: flavor.f-1.OS_FLAVOR_NAME` */
  readonly place: string;
  /** The key that maps such names: `steering.flavors`. */
  readonly map: string;
}

/** A VM of a role that differs from the others. */
export interface Member {
  /** The host name; that of role and offset where none is given. */
  readonly name?: string;
  /** The image of its first disk, where it is not that of the role. */
  readonly imageSlot?: string;
  /** The place of the request for the image, where a file of another tool makes it. */
  readonly imageAsked?: AskedName;
  readonly settings: PartialRoleSettings;
}

/** The VMs that a slice is asked to have. */
export interface Topology {
  readonly layers: readonly string[];
  readonly roles: readonly RoleCount[];
  /** Keyed by host name, for VMs that the roles have anyway. */
  readonly vms: Readonly<Record<string, PartialRoleSettings>>;
}

/**
 * Reads `controller:1 worker:2`, `controller:1,worker:2` or `controller` (one VM).
 *
 * @throws VirtbsError `usage` for an empty word, a count that is no number or none at all, a role named twice
 */
export function parseTopology(words: readonly string[]): readonly RoleCount[] {
  try {
    return readTopologyWords(words);
  } catch (error) {
    if (!(error instanceof VirtbsError)) throw error;
    const { hint } = error;
    throw new VirtbsError('usage', `topology: ${error.message}`, { ...(hint !== undefined && { hint }), cause: error });
  }
}
