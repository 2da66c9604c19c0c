import { dirname, resolve } from 'node:path';
import type { Place } from './place.js';
import type { Tree, TreeEntry } from './tree.js';

/** Where the recipes of images have paths, by kind: key, list item or both. `*` is every item of a list. */
const PATHS: readonly (readonly string[])[] = [
  ['image_download', 'url'],
  ['image_download', 'url', '*'],
  ['image_download', 'signature'],
  ['image_download', 'keyring'],
  ['image_customize', 'scripts', '*'],
  ['image_customize', 'scripts', '*', 'file'],
  ['image_customize', 'files', '*', 'source'],
  ['image_script', 'script'],
];

/** Where a path may stand instead of the digits. */
const DIGESTS = ['sha256', 'sha512'].map((algorithm) => ['image_download', algorithm]);

/**
 * The configuration with absolute paths in its recipes: a relative one counts from the folder of the file that has it, so that a
 * recipe and its scripts can be moved together; in an option, from where one stands.
 */
export function anchorPaths(tree: Tree, cwd: string): Tree {
  const anchor = (text: string, { source, override }: Place): string =>
    isUrl(text) ? text : resolve(cwd, override === undefined ? dirname(source) : '', text);
  const anchorUnlessDigits = (text: string, place: Place): string =>
    /^[\da-f]+$/i.test(text) ? text : anchor(text, place);
  const anchored = PATHS.reduce((whole, path) => replaceAt(whole, ['image_flow', '*', ...path], anchor), tree);
  return DIGESTS.reduce((whole, path) => replaceAt(whole, ['image_flow', '*', ...path], anchorUnlessDigits), anchored);
}

function isUrl(text: string): boolean {
  return /^(?:[a-z][a-z\d+.-]*:\/\/|file:)/i.test(text);
}

function replaceAt(tree: Tree, path: readonly string[], replace: (text: string, place: Place) => string): Tree {
  const [step, ...rest] = path;
  if (step === undefined) {
    return tree.kind === 'scalar' && typeof tree.value === 'string'
      ? { ...tree, value: replace(tree.value, tree.place) }
      : tree;
  }
  if (tree.kind === 'list' && step === '*') {
    return { ...tree, items: tree.items.map((item) => replaceAt(item, rest, replace)) };
  }
  if (tree.kind !== 'map') return tree;
  const change = ([key, entry]: [string, TreeEntry]): [string, TreeEntry] =>
    step === '*' || step === key ? [key, { ...entry, tree: replaceAt(entry.tree, rest, replace) }] : [key, entry];
  return { ...tree, entries: new Map([...tree.entries].map(change)) };
}
