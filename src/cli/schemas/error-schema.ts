import * as z from 'zod';
import { ERROR_KINDS, type ErrorCode } from '../../error-kinds.js';
import { version } from './members.js';

const code = z.enum(Object.keys(ERROR_KINDS) as [ErrorCode, ...ErrorCode[]]).describe('see docs/reference/errors.md');

const place = z.object({
  file: z.string().nullable().describe('null for an option'),
  line: z.int().nullable().describe('counted from 1; null where the file as a whole is meant'),
  column: z.int().nullable().describe('counted from 1'),
  option: z.string().nullable().describe('the option of the command line with its text; null for a file'),
});

const hint = z.string().nullable().describe('what to type or change next');

/** The object that `--json` prints where a command fails. */
export const errorSchema = z.object({
  version,
  error: z.object({
    code,
    message: z.string(),
    hint,
    place: place.nullable().describe('of the first mistake in the configuration'),
    problems: z.array(z.object({ place, message: z.string() })).describe('all mistakes in the configuration'),
    vms: z.array(z.object({ hostname: z.string(), message: z.string(), code, hint })).describe('VMs that failed'),
  }),
});
