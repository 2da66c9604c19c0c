import type { Options } from 'yargs';

/** The option of every command that waits for other processes at most so long. */
export function timeoutOption(what: string): Options {
  return {
    type: 'string',
    default: '300',
    requiresArg: true,
    describe: `wait this long for another virtbs that ${what} (seconds, or 90s, 5m)`,
  };
}
