import { VirtbsError } from '../errors.js';

/** The number of the slice that nobody names. */
export const DEFAULT_SLICE = '1';

/** @throws VirtbsError `usage` for what is no number; whether it fits the address pool is the plan's business */
export function parseSlice(text = DEFAULT_SLICE): number {
  if (/^[0-9]{1,6}$/.test(text)) return Number(text);
  throw new VirtbsError('usage', `--slice: ${JSON.stringify(text)} is not a number`, {
    hint: 'slices are numbered from 0: --slice 1; --slice auto takes a free one',
  });
}
