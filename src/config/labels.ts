import * as z from 'zod';
import { showValue } from './show-value.js';

/** A map of anything but nothing: labels are the user's own. */
export const labels = z.transform((value: unknown, context): Record<string, unknown> => {
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    context.addIssue({ code: 'custom', message: `${showValue(value)} is not a map of keys and values` });
    return z.NEVER;
  }
  for (const path of emptyPaths(value)) context.addIssue({ code: 'custom', path, message: 'nothing is not a value' });
  return value as Record<string, unknown>;
});

function* emptyPaths(value: unknown, path: readonly string[] = []): Generator<string[]> {
  if (value === null) yield [...path];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) yield* emptyPaths(child, [...path, key]);
}
