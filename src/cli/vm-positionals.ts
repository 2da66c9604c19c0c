import type { PositionalOptions } from 'yargs';

/** The positional arguments of every command that takes some VMs of a slice. */
export const VM_POSITIONALS = {
  vms: {
    type: 'string',
    array: true,
    describe: 'VMs (controller-02, worker.1) or roles (worker); none: the whole slice',
  },
} as const satisfies Record<string, PositionalOptions>;
