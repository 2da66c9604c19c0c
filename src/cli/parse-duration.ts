import { VirtbsError } from '../errors.js';
import { readDuration } from '../text/read-duration.js';

/**
 * Reads the duration that an option was given.
 *
 * @returns milliseconds
 * @throws VirtbsError `usage`
 */
export function parseDuration(option: string, text: string): number {
  const milliseconds = readDuration(text);
  if (milliseconds !== undefined) return milliseconds;
  throw new VirtbsError('usage', `${option}: ${JSON.stringify(text)} is not a duration`, {
    hint: 'give seconds, or 90s, 5m, 1h',
  });
}
