/**
 * Lays one map over another: maps within are merged key by key, all other values are replaced; undefined replaces nothing.
 * Neither is changed.
 */
export function mergeMaps<Map extends object>(base: Map, over: Map): Map {
  const result = Object.assign(Object.create(null), base) as Record<string, unknown>;
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = result[key];
    result[key] = isMap(below) && isMap(value) ? mergeMaps(below, value) : value;
  }
  return result as Map;
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
