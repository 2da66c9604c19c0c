import { IMAGE_KINDS } from './image-recipe.js';
import { showPlace } from '../yaml/place.js';
import type { Problem } from '../yaml/problem.js';
import { checkProvision } from './check-provision.js';
import { showLabel } from './show-label.js';
import { treeAt, treeEntries, treePlace, type Tree, type TreeEntry, type TreePath } from '../yaml/tree.js';
import { unknownWord } from '../text/unknown-word.js';

/** Every slot has one kind of recipe, every kind has what it needs, and what stands on a base leads to one in the end. */
export function* checkImages(tree: Tree): Generator<Problem> {
  for (const [slot, { tree: recipe }] of treeEntries(tree, ['image_flow'])) {
    const path = ['image_flow', slot];
    const keys = [...treeEntries(tree, path).keys()];
    const kinds = IMAGE_KINDS.filter((kind) => keys.includes(kind));
    if (kinds.length > 1) {
      const places = kinds.map((kind) => `${kind} (${showPlace(treePlace(tree, [...path, kind]))})`);
      const what = `${places.join(' and ')}: a slot has one kind, use a name of your own for the other`;
      yield problem(tree, path, what);
    }
    if (isMapLike(recipe) && keys.every((key) => key === 'labels')) {
      yield problem(tree, path, `no recipe: give it one of ${IMAGE_KINDS.join(', ')}`);
    }
    for (const kind of kinds) yield* CHECKS[kind](tree, [...path, kind]);
  }
  yield* checkLoops(tree);
}

type Check = (tree: Tree, path: readonly string[]) => Generator<Problem>;

const CHECKS: Readonly<Record<(typeof IMAGE_KINDS)[number], Check>> = {
  image_download: checkDownload,
  image_customize: checkCustomize,
  image_script: checkScript,
  image_import: checkNothing,
  mini: checkNothing,
};

function* checkNothing(): Generator<Problem> {
  yield* [];
}

function* checkDownload(tree: Tree, path: readonly string[]): Generator<Problem> {
  const keys = readKeys(tree, path);
  if (!keys) return;
  if (!keys.has('url')) yield problem(tree, path, 'no "url"');
  if (keys.has('signature') && !keys.has('keyring')) {
    yield problem(tree, [...path, 'signature'], 'no "keyring" beside it: give the path of the keys that may sign');
  }
  if (keys.has('keyring') && !hasList(keys)) {
    yield problem(tree, [...path, 'keyring'], 'signed is a list: give its URL as "sha256" or "sha512"');
  }
  if (keys.has('sha256') || keys.has('sha512')) return;
  const insecure = keys.get('insecure')?.tree;
  if (insecure?.kind === 'scalar' && insecure.value === true) return;
  yield problem(tree, path, 'neither "sha256" nor "sha512": give one, or "insecure: true" to go without a check');
}

/** Tells whether a digest is looked up in a list: what is no hex digits is where the list is. */
function hasList(keys: ReadonlyMap<string, TreeEntry>): boolean {
  return ['sha256', 'sha512'].some((algorithm) => {
    const value = keys.get(algorithm)?.tree;
    return value?.kind === 'scalar' && typeof value.value === 'string' && !/^[\da-f]+$/i.test(value.value);
  });
}

function* checkScript(tree: Tree, path: readonly string[]): Generator<Problem> {
  if (readKeys(tree, path)?.has('script') === false) yield problem(tree, path, 'no "script"');
}

function* checkCustomize(tree: Tree, path: readonly string[]): Generator<Problem> {
  const keys = readKeys(tree, path);
  if (!keys) return;
  const slots = treeEntries(tree, ['image_flow']);
  const base = textAt(tree, [...path, 'base']);
  if (!keys.has('base')) yield problem(tree, path, 'no "base"');
  else if (base !== undefined && !slots.has(base)) {
    yield problem(tree, [...path, 'base'], unknownWord('unknown slot', base, slots.keys()));
  }
  yield* checkProvision(tree, path);
}

/** An image that stands on itself, directly or by others, is told once, at its first slot. */
function* checkLoops(tree: Tree): Generator<Problem> {
  const told = new Set<string>();
  for (const slot of treeEntries(tree, ['image_flow']).keys()) {
    const chain = [slot];
    for (let base = baseOf(tree, slot); base !== undefined && !told.has(base); base = baseOf(tree, base)) {
      const start = chain.indexOf(base);
      chain.push(base);
      if (start === -1) continue;
      const loop = chain.slice(start);
      const path = ['image_flow', base, 'image_customize', 'base'];
      yield problem(tree, path, `the image stands on itself: ${loop.join(' -> ')}`);
      break;
    }
    for (const name of chain) told.add(name);
  }
}

function baseOf(tree: Tree, slot: string): string | undefined {
  return textAt(tree, ['image_flow', slot, 'image_customize', 'base']);
}

function textAt(tree: Tree, path: readonly string[]): string | undefined {
  const found = treeAt(tree, path);
  return found?.kind === 'scalar' && typeof found.value === 'string' ? found.value : undefined;
}

/** The keys of a recipe; none at all where it has another shape, which is reported elsewhere. */
function readKeys(tree: Tree, path: readonly string[]): ReadonlyMap<string, TreeEntry> | undefined {
  const found = treeAt(tree, path);
  return found?.kind === 'map' || isMapLike(found) ? treeEntries(tree, path) : undefined;
}

/** A map, or nothing at all, which counts as an empty one. */
function isMapLike(tree: Tree | undefined): boolean {
  return tree?.kind === 'map' || (tree?.kind === 'scalar' && tree.value === null);
}

function problem(tree: Tree, path: TreePath, what: string): Problem {
  return { place: treePlace(tree, path), label: showLabel(path), what };
}
