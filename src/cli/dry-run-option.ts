import type { Options } from 'yargs';

/** The option of every command that destroys or installs something. */
export function dryRunOption(what: string): Options {
  return { type: 'boolean', default: false, describe: `change nothing, say what would be ${what}` };
}
