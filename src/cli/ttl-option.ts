import { parseDuration } from './parse-duration.js';

/** The option of commands that make slices. */
export const TTL_OPTION = {
  type: 'string',
  requiresArg: true,
  describe: 'let virtbs reap destroy the slice after this long (2h, 90m, 3d)',
} as const;

/** Returns milliseconds; undefined for no limit. @throws VirtbsError `usage` */
export function parseTtl({ ttl }: { readonly ttl: string | undefined }): number | undefined {
  return ttl === undefined ? undefined : parseDuration('--ttl', ttl);
}
