import type { Options, PositionalOptions } from 'yargs';

/** The positional arguments of every command that takes a plan. */
export const PLAN_POSITIONALS = {
  layers: { type: 'string', describe: 'layers of role settings, merged left to right: roles,debian' },
  topology: { type: 'string', array: true, describe: 'ROLE:COUNT, one VM where no count is given; repeatable' },
} as const satisfies Record<string, PositionalOptions>;

/** The options of every command that takes a plan. */
export const PLAN_OPTIONS = {
  file: {
    alias: 'f',
    type: 'string',
    requiresArg: true,
    describe: 'take layers and topology from a configuration with a section "topology", or a steering file of osweint',
  },
} as const satisfies Record<string, Options>;
