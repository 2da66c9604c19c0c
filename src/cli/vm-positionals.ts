import type { PositionalOptions } from 'yargs';
import type { CommandArguments } from './command.js';

/** The positional arguments of every command that takes some VMs of a slice. */
export const VM_POSITIONALS = {
  vms: { type: 'string', array: true, describe: 'VMs (controller-02) or roles (controller); none: the whole slice' },
} as const satisfies Record<string, PositionalOptions>;

/** The words for VMs of a command line. */
export function vmWords(args: CommandArguments): readonly string[] {
  return wordList(args['vms']);
}

/** A repeated argument as a list. */
export function wordList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
