/** A map with the same keys and new values; without a prototype, so that a name such as `constructor` is a key like any other. */
export function mapValues<Value, Result>(
  map: Readonly<Record<string, Value>>,
  convert: (value: Value) => Result,
): Readonly<Record<string, Result>> {
  const result = Object.create(null) as Record<string, Result>;
  for (const [key, value] of Object.entries(map)) result[key] = convert(value);
  return result;
}
