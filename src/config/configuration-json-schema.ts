import { shapeOf, type JsonSchema } from '../yaml/shape.js';
import { configurationSchema } from './configuration-schema.js';
import { describeKey } from './describe-key.js';
import type { DriverSections } from './driver-section.js';

/** Returns the JSON Schema of a configuration file, for editors. It allows all that virtbs allows, and some that it refuses. */
export function configurationJsonSchema(drivers: DriverSections): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A configuration file of virtbs: virtbs.yaml, or any file for -c',
    ...schemaOf(configurationSchema(drivers), []),
  };
}

function schemaOf(schema: object, path: readonly string[]): JsonSchema {
  const description = path.at(-1) === '*' ? undefined : describeKey(path.join('.'));
  return { ...(description !== undefined && { description }), ...shapeSchema(schema, path) };
}

function shapeSchema(schema: object, path: readonly string[]): JsonSchema {
  const shape = shapeOf(schema);
  switch (shape.kind) {
    case 'value':
      return shape.json;
    case 'list':
      return {
        type: 'array',
        items: schemaOf(shape.item, [...path, '*']),
        ...(shape.isDistinct && { uniqueItems: true }),
      };
    case 'either':
      return { anyOf: shape.schemas.map((each) => shapeSchema(each, path)) };
    case 'named':
      return {
        type: ['object', 'null'],
        propertyNames: { pattern: shape.name.pattern.source },
        additionalProperties: schemaOf(shape.value, [...path, '*']),
      };
    case 'known':
      return {
        type: ['object', 'null'],
        properties: Object.fromEntries(
          Object.entries(shape.keys).map(([key, value]) => [key, schemaOf(value, [...path, key])]),
        ),
        additionalProperties: false,
      };
  }
}
