import { VirtbsError } from '../errors.js';

/**
 * Characters that ssh takes for the end of a value, for a quote or for a variable, and that cannot be escaped. Source:
 * ssh_config(5)
 */
const REFUSED = /[\p{Cc}\u2028\u2029"'\\]|\$\{/u;

/**
 * Refuses a folder of which the files of a slice, or the metadata of its VMs, could not tell the path.
 *
 * @param option the one that names the folder
 *
 * @throws VirtbsError `usage`
 */
export function assertPathPlain(path: string, option: string): void {
  const found = REFUSED.exec(path)?.[0];
  if (found === undefined) return;
  throw new VirtbsError('usage', `${option} ${JSON.stringify(path)}: ${JSON.stringify(found)} cannot be in a path`, {
    hint: 'ssh cannot be told of such a file: choose a folder without quotes, backslashes, line breaks and ${',
  });
}
