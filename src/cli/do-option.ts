import type { CommandOption } from './argument-types.js';

/** The option of every command that can do tasks once the slice stands. */
export const DO_OPTION = {
  type: 'string',
  array: true,
  negatable: true,
  defaultDescription: 'all tasks, in a project',
  describe: 'then do these tasks with all that they want (all where none is named); put it behind the topology',
} as const satisfies CommandOption;
