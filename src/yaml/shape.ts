import type { NamePattern } from './name-pattern.js';

/** A schema of ours, as far as a reader of its shape needs it. */
type Schema = object;

/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The shape of what a schema checks, for whoever describes it: a check itself is a function, which tells nothing. */
export type Shape =
  /** A single value: what is allowed in words, and as far as a JSON Schema can say it. */
  | { readonly kind: 'value'; readonly allowed: string; readonly json: JsonSchema }
  | { readonly kind: 'list'; readonly item: Schema; readonly isDistinct: boolean }
  /** A map of known keys. */
  | { readonly kind: 'known'; readonly keys: Readonly<Record<string, Schema>> }
  /** A map whose keys the user chooses. */
  | { readonly kind: 'named'; readonly name: NamePattern; readonly value: Schema }
  | { readonly kind: 'either'; readonly schemas: readonly Schema[] };

const shapes = new WeakMap<Schema, Shape>();

/** Returns the schema, whose shape is known from now on. */
export function withShape<S extends Schema>(schema: S, shape: Shape): S {
  shapes.set(schema, shape);
  return schema;
}

/** Returns the shape of a schema. @throws Error for one that was made without */
export function shapeOf(schema: Schema): Shape {
  const shape = shapes.get(schema);
  if (shape) return shape;
  throw new Error('a schema without a shape: make it with what src/yaml has, or withShape');
}
