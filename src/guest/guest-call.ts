import type { Guest } from './guest.js';
import { sshCall, type SshCallOptions } from './ssh-call.js';

/** Runs its argument as sshd does: in the user's home, by the user's shell. */
const LIKE_SSHD = 'cd 2>/dev/null || cd /; exec "${SHELL:-/bin/sh}" -c "$1"';

/** Returns the program, and its arguments, that runs a line of shell in a guest: ssh, or a shell where the guest is this machine. */
export function guestCall(
  guest: Guest,
  command: string,
  options: SshCallOptions,
): readonly [program: string, args: readonly string[]] {
  return guest.local === true
    ? ['/bin/sh', ['-c', LIKE_SSHD, 'sh', command]]
    : ['ssh', [...sshCall(guest, options), '--', command]];
}

/**
 * The same for a person at a terminal, without a command for a shell to type in.
 *
 * @param options further ones of ssh
 */
export function personCall(
  { sshConfig, hostname, local }: Guest,
  command: string | undefined,
  options: readonly string[],
): readonly [program: string, args: readonly string[]] {
  if (local !== true) {
    return ['ssh', ['-F', sshConfig, ...options, hostname, ...(command === undefined ? [] : ['--', command])]];
  }
  return command === undefined
    ? ['/bin/sh', ['-c', 'cd 2>/dev/null || cd /; exec "${SHELL:-/bin/sh}" -l']]
    : ['/bin/sh', ['-c', LIKE_SSHD, 'sh', command]];
}
