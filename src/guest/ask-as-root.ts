import { askGuest, type AskOptions, type GuestAnswer } from './ask-guest.js';
import type { Guest } from './guest.js';

/** Notes when the shell says that it is there. */
const READY = '{ read -r UPTIME _ </proc/uptime; } 2>/dev/null; export UPTIME; echo; exec sh';
/** Once: on an emulated guest sudo takes longer than most of what it is called for. */
const AS_ROOT = `if [ -w /etc ]; then ${READY}; else exec sudo -n sh -c '${READY}'; fi`;

/**
 * Runs a short script in a shell of the guest's root. The script is made when that shell is there, which can take an emulated guest
 * many seconds, and goes by standard input, where no list of processes shows it. In it, UPTIME is the guest's uptime at that moment, as
 * in /proc/uptime.
 */
export async function askAsRoot(
  guest: Guest,
  script: () => string,
  options: Omit<AskOptions, 'input'>,
): Promise<GuestAnswer> {
  return await askGuest(guest, AS_ROOT, { ...options, input: script });
}
