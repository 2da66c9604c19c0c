import type { CommandArguments } from './command.js';
import { parseDuration } from './parse-duration.js';

/** Of commands that build slices. */
export const TTL_OPTION = {
  type: 'string',
  requiresArg: true,
  describe: 'let virtbs reap destroy the slice after this long (2h, 90m, 3d)',
} as const;

/** Milliseconds, or undefined for no limit. @throws VirtbsError `usage` */
export function parseTtl(args: CommandArguments): number | undefined {
  return typeof args['ttl'] === 'string' ? parseDuration('--ttl', args['ttl']) : undefined;
}
