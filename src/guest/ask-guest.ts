import { describeGuestFailure } from './describe-guest-failure.js';
import { GUEST_LIMITS } from './guest-limits.js';
import type { Guest } from './guest.js';
import { runInGuest, type GuestRunOptions } from './run-in-guest.js';

/** The output of a short command in a guest, or the reason why it failed. */
export type GuestAnswer = { readonly stdout: string } | { readonly reason: string };

export type AskOptions = Pick<GuestRunOptions, 'signal' | 'input' | 'deadline'>;

/** Asks a guest by a short command, with a limit for its time and for the length of its answer: see `GUEST_LIMITS`. */
export async function askGuest(guest: Guest, command: string, options: AskOptions): Promise<GuestAnswer> {
  const deadline = options.deadline ?? GUEST_LIMITS.milliseconds;
  const limits = { deadline, printed: GUEST_LIMITS.answer, kept: 2 * GUEST_LIMITS.answer };
  const ended = await runInGuest(guest, command, { ...options, ...limits });
  if (ended.exitCode === 0 && ended.cut === null) return { stdout: ended.stdout };
  return { reason: describeGuestFailure(ended, deadline) };
}
