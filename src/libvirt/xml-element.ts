import { XML_ATTRIBUTES, XML_TEXT } from './xml.js';

/**
 * Reading what `parseXml` gave, without knowing whether it is there: whatever is missing is undefined, an empty list or an
 * empty text, and may be asked for more in turn: `attribute(child(child(domain, 'os'), 'type'), 'arch')`.
 */

/** The children of one name, in their order. */
export function children(element: unknown, name: string): readonly unknown[] {
  const found = member(element, name);
  if (found === undefined || name === XML_ATTRIBUTES || name === XML_TEXT) return [];
  return Array.isArray(found) ? found : [found];
}

/** The first child of a name. */
export function child(element: unknown, name: string): unknown {
  return children(element, name)[0];
}

export function attribute(element: unknown, name: string): string | undefined {
  const value = member(member(element, XML_ATTRIBUTES), name);
  return typeof value === 'string' ? value : undefined;
}

/** The text directly inside an element. */
export function text(element: unknown): string {
  if (typeof element === 'string') return element;
  const value = member(element, XML_TEXT);
  return typeof value === 'string' ? value : '';
}

function member(container: unknown, name: string): unknown {
  if (typeof container !== 'object' || container === null || !Object.hasOwn(container, name)) return undefined;
  return (container as Readonly<Record<string, unknown>>)[name];
}
