import type { Options } from 'yargs';

/** The option of commands that go through phases. */
export const TIMINGS_OPTION = {
  type: 'boolean',
  default: false,
  describe: 'print how long each phase took',
} as const satisfies Options;
