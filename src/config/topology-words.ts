import { VirtbsError } from '../errors.js';

/** A role and the number of its VMs, as a person writes them: `worker:2`. */
export interface RoleWord {
  readonly role: string;
  readonly count: number;
}

const EXAMPLE = 'a topology is ROLE or ROLE:COUNT, for example: controller:1 worker:2';

/**
 * Reads one role of a topology: `worker:2`, or `controller` (one VM). The message of an error does not say what it is about.
 *
 * @throws VirtbsError `usage` for an empty word, and a count that is no number
 */
export function readRoleWord(item: string): RoleWord {
  const match = /^([^:]+)(?::(.*))?$/s.exec(item);
  const role = match?.[1];
  if (role === undefined) throw new VirtbsError('usage', `${JSON.stringify(item)} names no role`, { hint: EXAMPLE });
  const count = match?.[2] ?? '1';
  if (/^[0-9]{1,6}$/.test(count)) return { role, count: Number(count) };
  const what = /^[-+]?[0-9.]+$/.test(count) ? 'is not a whole number from 0 to 999999' : 'is not a number';
  throw new VirtbsError('usage', `${JSON.stringify(item)}: the count ${JSON.stringify(count)} ${what}`, {
    hint: EXAMPLE,
  });
}

/**
 * Reads `controller:1 worker:2`, `controller:1,worker:2` or `controller` (one VM).
 *
 * @throws VirtbsError `usage` as `readRoleWord`, for none at all, and for a role named twice
 */
export function readTopologyWords(words: readonly string[]): readonly RoleWord[] {
  const counts = words.flatMap((word) => word.split(',')).map((item) => readRoleWord(item.trim()));
  const seen = new Set<string>();
  for (const { role } of counts) {
    if (seen.has(role)) {
      throw new VirtbsError('usage', `role ${JSON.stringify(role)} is asked for twice`, {
        hint: 'give one count for each role',
      });
    }
    seen.add(role);
  }
  if (counts.length === 0) throw new VirtbsError('usage', 'no role is asked for', { hint: EXAMPLE });
  return counts;
}

/** Splits one text of a file into words: blanks and commas stand between roles. */
export function splitTopology(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
