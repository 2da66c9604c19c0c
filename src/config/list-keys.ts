import { shapeOf } from '../yaml/shape.js';

/** A key of the configuration. */
export interface KeyFacts {
  /** Its path, with `*` for a name that the user chooses and for an item of a list: `image_flow.*.mini.size`. */
  readonly path: string;
  /** The values that are allowed, in words. */
  readonly allowed: string;
}

/** Returns every key that a schema has, each before those below it. */
export function listKeys(schema: object): readonly KeyFacts[] {
  return [...new Map([...walk(schema, [])].map((key) => [key.path, key])).values()];
}

function* walk(schema: object, path: readonly string[]): Generator<KeyFacts> {
  if (path.length > 0) yield { path: path.join('.'), allowed: allowedBy(schema) };
  for (const [key, below] of childrenOf(schema)) yield* walk(below, [...path, key]);
}

function childrenOf(schema: object): readonly (readonly [key: string, schema: object])[] {
  const shape = shapeOf(schema);
  if (shape.kind === 'known') return Object.entries(shape.keys);
  if (shape.kind === 'named') return [['*', shape.value]];
  if (shape.kind === 'either') return shape.schemas.flatMap(childrenOf);
  const isList = shape.kind === 'list' && childrenOf(shape.item).length > 0;
  return isList ? [['*', shape.item]] : [];
}

function allowedBy(schema: object): string {
  const shape = shapeOf(schema);
  if (shape.kind === 'value') return shape.allowed;
  if (shape.kind === 'either') return shape.schemas.map(allowedBy).join('; or ');
  if (shape.kind === 'list') return childrenOf(schema).length > 0 ? 'a list' : `a list: ${allowedBy(shape.item)}`;
  return shape.kind === 'named' ? `a map, by ${shape.name.what}` : 'a map';
}
