import { VirtbsError } from '../errors.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads `300`, `300s`, `5m`, `1.5h`, `2d`, `800ms`; a plain number is seconds.
 *
 * @returns milliseconds
 * @throws VirtbsError `usage`
 */
export function parseDuration(option: string, text: string): number {
  const [, number, unit = 's'] = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)?$/.exec(text.trim()) ?? [];
  const factor = UNITS[unit];
  if (number === undefined || factor === undefined || Number(number) === 0) {
    throw new VirtbsError('usage', `${option}: ${JSON.stringify(text)} is not a duration`, {
      hint: 'give seconds, or 90s, 5m, 1h',
    });
  }
  return Math.round(Number(number) * factor);
}
