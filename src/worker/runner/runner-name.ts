import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/**
 * Returns what the names of all runners begin with that are made from here: no other machine, root or scope has the same.
 *
 * @param scope what stands for the forge and the place where its runners are made
 */
export function runnerPrefix(root: string, scope: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([hostname(), root, scope]))
    .digest('hex');
  return `virtbs-${digest.slice(0, 8)}-`;
}

/** Returns a name that no runner had before. */
export function runnerName(prefix: string): string {
  return `${prefix}${randomBytes(4).toString('hex')}`;
}
