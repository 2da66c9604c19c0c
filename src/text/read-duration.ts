const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Reads `300`, `300s`, `5m` or `5min`, `1.5h`, `2d`, `800ms`; a plain number is seconds.
 *
 * @returns milliseconds; undefined for what is no duration, and for none at all
 */
export function readDuration(text: string): number | undefined {
  const [, number, unit = 's'] = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|min|h|d)?$/.exec(text.trim()) ?? [];
  const factor = UNITS[unit];
  if (number === undefined || factor === undefined || Number(number) === 0) return undefined;
  return Math.round(Number(number) * factor);
}
