import * as z from 'zod';
import { withShape } from '../yaml/shape.js';
import { showValue } from '../yaml/show-value.js';

const schema = z.transform((value: unknown, context): Record<string, unknown> => {
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    context.addIssue({ code: 'custom', message: `${showValue(value)} is not a map of keys and values` });
    return z.NEVER;
  }
  for (const path of emptyPaths(value)) context.addIssue({ code: 'custom', path, message: 'nothing is not a value' });
  return value as Record<string, unknown>;
});

/** A map of anything but nothing: labels are the user's own. */
export const labels = withShape(schema, {
  kind: 'value',
  allowed: 'a map of anything',
  json: { type: ['object', 'null'] },
});

function* emptyPaths(value: unknown, path: readonly string[] = []): Generator<string[]> {
  if (value === null) yield [...path];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) yield* emptyPaths(child, [...path, key]);
}
