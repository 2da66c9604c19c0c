import { randomBytes } from 'node:crypto';
import type { VerbContext } from '../events.js';
import type { SlicePlan } from '../plan/plan.js';
import { askAsRoot } from './ask-as-root.js';
import type { Guest } from './guest.js';
import { setClockCommand } from './set-clocks.js';
import type { LoginResult } from './try-login.js';
import type { VmFailure } from './vm-failure.js';
import { waitForVms, type WaitOptions } from './wait-for-vms.js';

const ENTROPY_BYTES = 64;

/**
 * Returns the lines that mix in entropy. The kernel uses what is written to the device only at its next reseeding, up to a
 * minute later; the ioctl RNDRESEEDCRNG makes that now. A guest without a program that can call it opens the device of
 * hibernation for writing and closes it again: its kernel then takes it that memory will be replaced, and reseeds. Source:
 * random(4), linux/random.h; drivers/char/random.c and kernel/power/user.c of Linux 6.1
 */
const RESEED = [
  'if command -v perl >/dev/null 2>&1; then perl -e \'open(F,">/dev/urandom") && ioctl(F,0x5207,0)\'',
  'elif command -v python3 >/dev/null 2>&1',
  'then python3 -c \'import fcntl; fcntl.ioctl(open("/dev/urandom","wb"),0x5207)\'',
  'else true >/dev/snapshot',
  'fi >/dev/null 2>&1',
].join('\n');

/**
 * Makes guests that go on from saved memory right: the time that it is, random numbers of their own. That is done by a login
 * with the slice's key and strict checking of the host key, which shows that they answer. They are waited for as VMs that boot
 * are. Says which do not answer.
 */
export async function refreshGuests(
  plan: SlicePlan,
  options: Omit<WaitOptions, 'onFacts' | 'login'>,
  context: VerbContext,
): Promise<readonly VmFailure[]> {
  const attempt = async (guest: Guest, { signal }: { readonly signal: AbortSignal }): Promise<LoginResult> => {
    const answer = await askAsRoot(guest, refreshScript, { signal, deadline: options.bootTimeout });
    return 'reason' in answer ? { state: 'refused', reason: answer.reason } : { state: 'ready' };
  };
  return await waitForVms(plan, { ...options, login: { attempt, goesOn: true } }, context);
}

function refreshScript(): string {
  const entropy = randomBytes(ENTROPY_BYTES).toString('hex');
  return [`${setClockCommand()} || exit`, `printf %s ${entropy} >/dev/urandom`, RESEED, 'exit 0', ''].join('\n');
}
