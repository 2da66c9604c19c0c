import * as z from 'zod';
import type { NamePattern } from './name-pattern.js';
import { withShape } from './shape.js';
import { showValue } from './show-value.js';
import { unknownWord } from '../text/unknown-word.js';

/**
 * A map of known keys, all of which may be missing: a file may hold a part only. One without content (`data:`) is an empty
 * one. The message for unknown keys has a line for each of them, in their order.
 */
export function knownMap<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape);
  const error: z.core.$ZodErrorMap = (issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => unknownWord('unrecognized key', key, known)).join('\n')
      : notMap(issue.input);
  const schema = z.preprocess(nothingToEmpty, z.strictObject(shape, { error }).partial());
  return withShape(schema, { kind: 'known', keys: shape });
}

/** A map whose keys are names that the user chooses. */
export function namedMap<Value extends z.core.SomeType>(name: NamePattern, value: Value) {
  const key = z.string().refine((text) => name.pattern.test(text), {
    error: ({ input }) => `${showValue(input)} is not a ${name.what} name: ${name.allowed}`,
  });
  const schema = z.preprocess(nothingToEmpty, z.record(key, value, { error: (issue) => notMap(issue.input) }));
  return withShape(schema, { kind: 'named', name, value });
}

function nothingToEmpty(value: unknown): unknown {
  return value === null ? {} : value;
}

function notMap(value: unknown): string {
  return `${showValue(value)} is not a map of keys and values`;
}
