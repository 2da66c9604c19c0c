import { askGuest, type AskOptions, type GuestAnswer } from './ask-guest.js';
import type { Guest } from './guest.js';

/** Once: on an emulated guest sudo takes longer than most of what it is called for. */
const AS_ROOT = "if [ -w /etc ]; then echo; exec sh; else exec sudo -n sh -c 'echo; exec sh'; fi";

/**
 * Runs a short script in a shell of the guest's root. The script is made when that shell is there, which can take an emulated guest
 * many seconds, and goes by standard input, where no list of processes shows it.
 */
export async function askAsRoot(
  guest: Guest,
  script: () => string,
  options: Omit<AskOptions, 'input'>,
): Promise<GuestAnswer> {
  return await askGuest(guest, AS_ROOT, { ...options, input: script });
}
