import type { TapFailure } from './read-tap.js';

/** The codes of errors that say that this machine lacks a program or a library. */
const CODES: ReadonlySet<unknown> = new Set(['program-missing', 'libvirt-missing']);

/** Why a test could not be done, where it failed because this machine lacks what it needs; else undefined. */
export function missingProgram({ titles, details }: TapFailure): string | undefined {
  return CODES.has(details['code']) ? titles.at(-1) : undefined;
}
