import { VirtbsError } from '../errors.js';

/** Reads the number of a run. @throws VirtbsError `usage` */
export function parseRun(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new VirtbsError('usage', `${JSON.stringify(text)} is no number of a run`, {
    hint: 'virtbs ci status shows the runs that there are',
  });
}
