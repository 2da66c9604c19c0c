import type { CreateRequest } from './types.js';

/** The metadata of everything that a driver makes: its slice, and its owner. */
export interface Ownership {
  readonly slice: number;
  readonly root: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly session: string;
  /** When it may be destroyed by `reap`, ISO 8601, UTC; null for never. */
  readonly expires: string | null;
}

/** Returns the ownership of what is made for a request. */
export function ownershipOf(
  { plan, created, session, expires = null }: Pick<CreateRequest, 'plan' | 'created' | 'session' | 'expires'>,
  root: string,
): Ownership {
  return { slice: plan.slice, root, created, session, expires };
}
