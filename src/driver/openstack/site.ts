import type { Cloud } from '../../openstack/cloud.js';
import type { OpenStackSettings } from '../../openstack/openstack-settings.js';
import type { BuildRequest } from '../types.js';
import type { Mark } from './mark.js';

/** A project of a cloud, and what we are to know of working in it. */
export interface Site {
  readonly cloud: Cloud;
  readonly settings: OpenStackSettings;
  readonly root: string;
  /** What marks of ours have as their owner. */
  readonly owner: string;
}

/** Ids are too long to stand in every mark as they are. */
const ID_LENGTH = 10;

export function ownerOf({ userId, projectId }: Pick<Cloud, 'userId' | 'projectId'>): string {
  return `${userId.slice(0, ID_LENGTH)}.${projectId.slice(0, ID_LENGTH)}`;
}

/** The mark of what is made for a request. */
export function markOf(
  { plan, created, session, expires = null }: Omit<BuildRequest, 'images' | 'seeds' | 'only'>,
  { owner, root }: Site,
): Mark {
  return { slice: plan.slice, owner, root, created, session, expires };
}
