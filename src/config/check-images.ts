import { showPlace } from './place.js';
import type { Problem } from './problem.js';
import { showLabel } from './show-label.js';
import { treeAt, treeEntries, treePlace, type Tree } from './tree.js';

const KINDS = ['mini', 'image_download'] as const;

/** Every slot has one kind of recipe; every download has a URL and something to check it by. */
export function* checkImages(tree: Tree): Generator<Problem> {
  for (const [slot, { tree: recipe }] of treeEntries(tree, ['image_flow'])) {
    const path = ['image_flow', slot];
    const label = showLabel(path);
    const place = treePlace(tree, path);
    const keys = [...treeEntries(tree, path).keys()];
    const kinds = KINDS.filter((kind) => keys.includes(kind));
    if (kinds.length > 1) {
      const places = kinds.map((kind) => `${kind} (${showPlace(treePlace(tree, [...path, kind]))})`);
      yield {
        place,
        label,
        what: `${places.join(' and ')}: a slot has one kind, use a name of your own for the other`,
      };
    }
    const nothing = recipe.kind === 'map' || (recipe.kind === 'scalar' && recipe.value === null);
    if (nothing && keys.length === 0) yield { place, label, what: `no recipe: give it one of ${KINDS.join(', ')}` };
    if (kinds.includes('image_download')) yield* checkDownload(tree, [...path, 'image_download']);
  }
}

function* checkDownload(tree: Tree, path: readonly string[]): Generator<Problem> {
  const found = treeAt(tree, path);
  if (found?.kind !== 'map' && !(found?.kind === 'scalar' && found.value === null)) return;
  const keys = treeEntries(tree, path);
  const place = treePlace(tree, path);
  const label = showLabel(path);
  if (!keys.has('url')) yield { place, label, what: 'no "url"' };
  if (keys.has('sha256') || keys.has('sha512')) return;
  const insecure = keys.get('insecure')?.tree;
  if (insecure?.kind === 'scalar' && insecure.value === true) return;
  yield { place, label, what: 'neither "sha256" nor "sha512": give one, or "insecure: true" to go without a check' };
}
