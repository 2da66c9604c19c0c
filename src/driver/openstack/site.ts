import { createHash } from 'node:crypto';
import type { Cloud } from '../../openstack/cloud.js';
import { ownershipOf } from '../ownership.js';
import type { Mark } from './mark.js';
import type { OpenStackSettings } from './openstack-settings.js';

/** A project of a cloud, and what we are to know of working in it. */
export interface Site {
  readonly cloud: Cloud;
  readonly settings: OpenStackSettings;
  readonly root: string;
  /** The owner in our marks. */
  readonly owner: string;
}

/** Ids are too long to stand in every mark as they are. */
const ID_LENGTH = 10;
const ROOT_LENGTH = 100;

export function ownerOf({ userId, projectId }: Pick<Cloud, 'userId' | 'projectId'>): string {
  return `${userId.slice(0, ID_LENGTH)}.${projectId.slice(0, ID_LENGTH)}`;
}

/** A root as marks have it: the path, or a digest of one that is too long for them. */
export function markedRoot(root: string): string {
  return root.length <= ROOT_LENGTH ? root : createHash('sha256').update(root).digest('hex');
}

/** The mark of what is made for a request. */
export function markOf(request: Parameters<typeof ownershipOf>[0], { owner, root }: Site): Mark {
  return { ...ownershipOf(request, markedRoot(root)), owner };
}
