import { GUEST_LIMITS } from './guest-limits.js';
import type { GuestRun } from './run-in-guest.js';

/** Lines of ssh's or the guest's last words, and characters of each. */
const LAST_LINES = 3;
const LONGEST_LINE = 300;

/** Returns why a command in a guest came to no good end, with the last words of ssh or of the command. */
export function describeGuestFailure({ cut, exitCode, stdout, stderr }: GuestRun, deadline?: number): string {
  if (cut === 'printed') {
    return `it prints more than ${GUEST_LIMITS.answer / 1024} KiB where it should answer: its login shell does not run commands`;
  }
  const seconds = deadline === undefined ? '' : ` within ${Math.round(deadline / 100) / 10} s`;
  const ending = cut === 'deadline' ? `ssh: no answer${seconds}` : `ssh: exit code ${exitCode}`;
  const words = lastWords(stderr.trim() === '' ? stdout : stderr);
  return `${ending}${words && `: ${words}`}`;
}

function lastWords(text: string): string {
  const lines = text.trim().split(/\r\n|\n|\r/);
  return lines
    .slice(-LAST_LINES)
    .map((line) => line.slice(0, LONGEST_LINE))
    .join('\n');
}
