import { VirtbsError } from '../../errors.js';
import { MIGRATIONS } from './migrations.js';

/**
 * @param label the database, for people
 * @param kind what a person names to have another one
 * @throws VirtbsError `ci-database` where there are more migrations in a database than this virtbs has
 */
export function assertKnownVersion(
  version: number,
  { label, kind }: { label: string; kind: 'database' | 'file' },
): void {
  if (version <= MIGRATIONS.length) return;
  throw new VirtbsError('ci-database', `the CI database ${label} was written by a newer virtbs`, {
    hint: `use that version, or name another ${kind}: database, below ci in the configuration`,
  });
}
