/** Names that are listed before the rest is counted. */
const MOST = 5;

/** Returns names for people: `repo, primary and standby`, of many the first ones and how many more there are. */
export function listSome(names: readonly string[]): string {
  const shown = names.length > MOST + 1 ? [...names.slice(0, MOST), `${names.length - MOST} more`] : names;
  const [last = '', ...others] = shown.toReversed();
  return others.length === 0 ? last : `${others.toReversed().join(', ')} and ${last}`;
}
