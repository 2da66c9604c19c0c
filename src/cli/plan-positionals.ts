import type { Options, PositionalOptions } from 'yargs';
import type { PlanRequest } from '../workplace/load-plan.js';
import type { GlobalArguments } from './command.js';
import { parseSlice } from './parse-slice.js';

/** The positional arguments of every command that takes a plan. */
export const PLAN_POSITIONALS = {
  layers: {
    type: 'string',
    describe: 'layers of role settings, merged left to right: roles,debian; default: of the file, else roles',
  },
  topology: {
    type: 'string',
    array: true,
    describe: 'ROLE:COUNT, one VM where no count is given; repeatable; default: of virtbs.yaml or another file',
  },
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

interface PlanArguments {
  readonly layers: string | undefined;
  readonly topology: readonly string[];
  readonly file?: string | undefined;
}

/** Returns what a line asks for. @throws VirtbsError `usage` for a slice that is no number */
export function planRequest(args: PlanArguments & Pick<GlobalArguments, 'slice'>): PlanRequest {
  const { layers, topology } = args;
  return { slice: parseSlice(args.slice), layers, topology };
}

/** Returns what a line asks for, whatever the slice is. */
export function planWords({ layers, topology }: PlanArguments): Omit<PlanRequest, 'slice'> {
  return { layers, topology };
}
