import * as z from 'zod';
import { showValue } from './show-value.js';
import { unknownWord } from './unknown-word.js';

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
  return z.preprocess(nothingToEmpty, z.strictObject(shape, { error }).partial());
}

/** A map whose keys are names that the user chooses. */
export function namedMap<Value extends z.core.SomeType>(name: NamePattern, value: Value) {
  const key = z.string().refine((text) => name.pattern.test(text), {
    error: ({ input }) => `${showValue(input)} is not a ${name.what} name: ${name.allowed}`,
  });
  return z.preprocess(nothingToEmpty, z.record(key, value, { error: (issue) => notMap(issue.input) }));
}

export interface NamePattern {
  readonly what: string;
  readonly pattern: RegExp;
  readonly allowed: string;
}

function nothingToEmpty(value: unknown): unknown {
  return value === null ? {} : value;
}

function notMap(value: unknown): string {
  return `${showValue(value)} is not a map of keys and values`;
}
