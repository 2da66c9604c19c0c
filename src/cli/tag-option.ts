import type { Options } from 'yargs';

/** The option of every command that adds a build. */
export const TAG_OPTION = {
  type: 'string',
  array: true,
  nargs: 1,
  default: [],
  defaultDescription: 'default, unless the slot has a recipe',
  describe: 'let this tag point to the build, too; repeatable',
} as const satisfies Options;
