import { selectVm } from '../slice/select-vms.js';
import { findLogins } from './find-logins.js';
import type { Workplace } from './workplace.js';

/**
 * Returns the host name by which tasks know a VM. Logs of tasks outlive their slice, so a word without a dot is taken for a host
 * name; the slice is asked for others: `worker.2`, `worker-21.bs1`.
 *
 * @throws VirtbsError `usage` for a word that means no VM; `slice-empty`, `file-foreign`
 */
export async function taskVm(word: string, place: Workplace, slice: number): Promise<string> {
  if (!word.includes('.')) return word;
  const { hosts } = await findLogins(place, slice);
  return selectVm(hosts, word, slice).hostname;
}
