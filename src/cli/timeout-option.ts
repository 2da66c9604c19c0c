import type { Options } from 'yargs';

const TIMEOUT = { type: 'string', default: '300', requiresArg: true } as const satisfies Options;

/** The option of commands that wait until VMs accept a login. */
export const BOOT_TIMEOUT_OPTION = {
  ...TIMEOUT,
  describe: 'give a VM up after this long without progress (seconds, or 90s, 5m)',
} as const satisfies Options;

/** The option of every command that waits for other processes at most so long. */
export function timeoutOption(what: string) {
  return { ...TIMEOUT, describe: `wait this long for another virtbs that ${what} (seconds, or 90s, 5m)` } as const;
}
