import { askGuest, type AskOptions } from './ask-guest.js';
import type { Guest } from './guest.js';

/** The id of the guest's boot, new at each, or null where it cannot be asked. */
export async function readBootId(guest: Guest, options: Omit<AskOptions, 'input'>): Promise<string | null> {
  const answer = await askGuest(guest, 'cat /proc/sys/kernel/random/boot_id', options);
  return 'stdout' in answer ? answer.stdout.trim() : null;
}
