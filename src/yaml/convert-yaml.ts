import { isAlias, isMap, isScalar, isSeq, Scalar } from 'yaml';
import type { Place } from './place.js';
import type { ListTree, MapTree, Tree, TreeEntry } from './tree.js';
import { MOST_VALUES, refuse, report, type Reading } from './yaml-reading.js';

const LONGEST_KEY = 128;

/**
 * A tree of a node of the parser, aliases and merge keys resolved.
 *
 * @param place where the key in front of the node is, or the node itself where it has none
 */
export function convertYaml(node: unknown, place: Place, reading: Reading): Tree {
  if (isAlias(node)) return resolveAlias(node.source, node.range?.[0] ?? 0, reading);
  const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
  if (anchor !== undefined) reading.open.add(anchor);
  const tree = convertContent(node, place, reading);
  if (anchor !== undefined) {
    reading.open.delete(anchor);
    reading.anchors.set(anchor, tree);
  }
  return tree;
}

function convertContent(node: unknown, place: Place, reading: Reading): Tree {
  if (isMap(node)) return convertMap(node.items, place, reading);
  if (isSeq(node)) return { kind: 'list', place, items: convertItems(node.items, place, reading) };
  if (!isScalar(node)) return { kind: 'scalar', place, value: null };
  const { value } = node;
  const offset = node.range?.[0] ?? 0;
  const own = value === null && node.source === '' ? place : reading.placeAt(offset);
  if (typeof value === 'number' && node.source !== undefined && !isKept(node.source, value)) {
    return { kind: 'scalar', place: own, value: node.source };
  }
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') {
    return { kind: 'scalar', place: own, value };
  }
  report(reading, offset, `${node.source ?? 'this value'} is neither text nor number, true or false: put it in quotes`);
  return { kind: 'scalar', place: own, value: null };
}

/** More digits than a number keeps. */
const MOST_DIGITS = 17;

/**
 * Tells whether a number still says what was written: `71e9999`, a digest of digits and an integer of 20 digits are text,
 * which is what they are meant as, and what a message about them repeats.
 */
function isKept(source: string, value: number): boolean {
  if (/^[-+]?\.(?:inf|nan)$/i.test(source)) return true;
  if (!Number.isFinite(value)) return false;
  const [, digits = ''] = /^[-+]?([\d.]*)(?:e|$)/i.exec(source) ?? [];
  const significant = digits.replace('.', '').replace(/^0+/, '');
  if (value === 0) return significant === '';
  return Number.isInteger(value) && !/[.e]/i.test(source)
    ? Number.isSafeInteger(value)
    : significant.length <= MOST_DIGITS;
}

function convertItems(items: readonly unknown[], place: Place, reading: Reading): ListTree['items'] {
  return items.map((item) => convertYaml(item, placeOf(item, place, reading), reading));
}

function convertMap(items: readonly { key: unknown; value: unknown }[], place: Place, reading: Reading): MapTree {
  const own = new Map<string, TreeEntry>();
  const merged = new Map<string, TreeEntry>();
  for (const { key, value } of items) {
    const keyPlace = placeOf(key, place, reading);
    if (isMergeKey(key)) {
      merge(convertYaml(value, keyPlace, reading), keyPlace, { into: merged, reading });
      continue;
    }
    const name = keyText(key);
    const tree = convertYaml(value, keyPlace, reading);
    const problem = name === undefined ? 'a key must be plain text' : checkKey(name, own);
    if (problem !== undefined) reading.problems.push({ place: keyPlace, what: problem });
    else if (name !== undefined) own.set(name, { key: keyPlace, tree });
  }
  if (merged.size === 0) return { kind: 'map', place, entries: own };
  for (const [name, entry] of own) merged.set(name, entry);
  return { kind: 'map', place, entries: merged };
}

/** @see https://yaml.org/type/merge.html: keys of the map itself win, then those of the earlier map in a list */
function merge(tree: Tree, place: Place, { into, reading }: { into: Map<string, TreeEntry>; reading: Reading }): void {
  for (const source of tree.kind === 'list' ? tree.items : [tree]) {
    if (source.kind !== 'map') {
      refuse(reading, { place, what: '"<<" takes a map or a list of maps, such as *name' });
      continue;
    }
    if (reading.copied > MOST_VALUES) return;
    reading.copied += source.entries.size;
    if (reading.copied > MOST_VALUES) {
      return refuse(reading, { place, what: `more than ${MOST_VALUES} values taken over by "<<"` });
    }
    for (const [name, entry] of source.entries) if (!into.has(name)) into.set(name, entry);
  }
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === Scalar.PLAIN && key.source === '<<';
}

function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  const text = key.type === Scalar.PLAIN ? key.source : key.value;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

function checkKey(name: string, known: ReadonlyMap<string, TreeEntry>): string | undefined {
  const first = known.get(name)?.key;
  if (first?.line !== undefined) return `key ${JSON.stringify(name)} stands twice: first at line ${first.line}`;
  if (first) return `key ${JSON.stringify(name)} stands twice`;
  if (name === '__proto__') return 'key "__proto__" is not allowed';
  return name.length > LONGEST_KEY ? `a key of ${name.length} letters: at most ${LONGEST_KEY} are allowed` : undefined;
}

function resolveAlias(name: string, offset: number, reading: Reading): Tree {
  const tree = reading.anchors.get(name);
  if (tree && !reading.open.has(name)) return tree;
  const within = reading.open.has(name);
  report(
    reading,
    offset,
    within ? `alias *${name} stands within what it names` : `alias *${name}: no anchor &${name} before it`,
  );
  return { kind: 'scalar', place: reading.placeAt(offset), value: null };
}

function placeOf(node: unknown, otherwise: Place, { placeAt }: Reading): Place {
  const known = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined;
  return known === undefined ? otherwise : placeAt(known);
}
