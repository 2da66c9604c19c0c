import * as z from 'zod';
import { VirtbsError } from '../errors.js';
import { nearestWord } from '../text/nearest-word.js';
import { parseSize } from './parse-size.js';
import { withShape, type JsonSchema } from './shape.js';
import { showValue } from './show-value.js';

/** What a JSON Schema says of `512MiB`, `1.5G` or a plain number. */
export const SIZE: JsonSchema = { type: ['string', 'number'] };

/**
 * Checks a single value: `read` returns undefined, or throws a VirtbsError, for what is not allowed.
 *
 * @param json what a JSON Schema can say of it
 */
export function leaf<T>(allowed: string, read: (value: unknown) => T | undefined, json: JsonSchema = {}) {
  const schema = z.transform((value: unknown, context): T => {
    const result = attempt(() => read(value));
    const isError = result instanceof VirtbsError;
    if (result !== undefined && !isError) return result;
    const message = isError ? result.message : `${showValue(value)} is not ${allowed}${quoteAdvice(value, read)}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
  return withShape(schema, { kind: 'value', allowed, json });
}

/** @param pattern what `matches` asks for, where an expression says it */
export function text(allowed: string, matches: (value: string) => boolean, pattern?: RegExp) {
  const read = (value: unknown): string | undefined =>
    typeof value === 'string' && matches(value) ? value : undefined;
  return leaf(allowed, read, { type: 'string', ...(pattern && { pattern: pattern.source }) });
}

export function integer(least: number, most: number) {
  const read = (value: unknown): number | undefined =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : undefined;
  const json = { type: 'integer', minimum: least, maximum: most };
  return leaf(`a whole number from ${least} to ${most}`, read, json);
}

export function flag() {
  return leaf('true or false', (value) => (typeof value === 'boolean' ? value : undefined), { type: 'boolean' });
}

export function oneOf<const T extends string>(words: readonly T[]) {
  const read = (value: unknown): T | undefined => {
    const word = words.find((known) => known === value);
    const nearest = typeof value === 'string' && word === undefined ? nearestWord(value, words) : undefined;
    if (nearest === undefined) return word;
    throw new VirtbsError(
      'config-invalid',
      `${showValue(value)} is not one of ${words.join(', ')}, did you mean "${nearest}"?`,
    );
  };
  return leaf(`one of ${words.join(', ')}`, read, { enum: words });
}

/** A list of values that differ; each wrong item is reported, not only the first. */
export function distinct<T>(item: z.ZodType<T>) {
  const schema = z.transform((value: unknown, context): T[] => {
    if (!Array.isArray(value)) {
      context.addIssue({ code: 'custom', message: `${showValue(value)} is not a list` });
      return z.NEVER;
    }
    const items: readonly unknown[] = value;
    return items.flatMap((element, index) => {
      const path = [index];
      if (items.indexOf(element) !== index) {
        context.addIssue({ code: 'custom', path, message: `${showValue(element)} stands twice in the list` });
      }
      const result = item.safeParse(element);
      if (result.success) return [result.data];
      for (const { message } of result.error.issues) context.addIssue({ code: 'custom', path, message });
      return [];
    });
  });
  return withShape(schema, { kind: 'list', item, isDistinct: true });
}

/** A list of values; each wrong item is reported. */
export function list<Item extends z.ZodType>(item: Item) {
  const schema = z.array(item, { error: ({ input }) => `${showValue(input)} is not a list` });
  return withShape(schema, { kind: 'list', item, isDistinct: false });
}

/** One value, or a list of at least one; a list in the end. */
export function oneOrMany<T>(item: z.ZodType<T>) {
  const many = distinct(item);
  const schema = z.transform((value: unknown, context): T[] => {
    const result = many.safeParse(Array.isArray(value) ? value : [value]);
    if (result.success && result.data.length > 0) return result.data;
    if (result.success) context.addIssue({ code: 'custom', message: 'the list is empty' });
    for (const { message, path } of result.error?.issues ?? []) {
      context.addIssue({ code: 'custom', path: Array.isArray(value) ? path : [], message });
    }
    return z.NEVER;
  });
  return withShape(schema, { kind: 'either', schemas: [item, many] });
}

/** A map, or something plainer. */
export function unless<T extends z.ZodType, Map extends z.ZodType>(plain: T, map: Map) {
  const isMap = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
  const schema = choose((value) => (isMap(value) ? map : plain));
  return withShape(schema, { kind: 'either', schemas: [plain, map] });
}

/** A list, or something that is none. */
export function orList<T extends z.ZodType, List extends z.ZodType>(plain: T, many: List) {
  const schema = choose((value) => (Array.isArray(value) ? many : plain));
  return withShape(schema, { kind: 'either', schemas: [plain, many] });
}

/** Checks a value with the schema that is chosen for it. */
function choose<Schema extends z.ZodType>(schemaFor: (value: unknown) => Schema) {
  return z.transform((value: unknown, context): z.output<Schema> => {
    const result = schemaFor(value).safeParse(value);
    if (result.success) return result.data;
    context.issues.push(...result.error.issues.map((issue) => ({ ...issue, input: value }) as z.core.$ZodRawIssue));
    return z.NEVER;
  });
}

/** Bytes. */
export function size() {
  return leaf('a size', parseSize, SIZE);
}

function attempt<T>(read: () => T): T | VirtbsError {
  try {
    return read();
  } catch (error) {
    if (error instanceof VirtbsError) return error;
    throw error;
  }
}

/** Text such as `12` or `true` is a number or a truth value to YAML. */
function quoteAdvice(value: unknown, read: (value: unknown) => unknown): string {
  if (typeof value !== 'number' && typeof value !== 'boolean') return '';
  const quoted = attempt(() => read(String(value)));
  return quoted === undefined || quoted instanceof VirtbsError ? '' : ': put it in quotes';
}
