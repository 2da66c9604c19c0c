import { treeAt, treePlace, treeValue, type Tree } from '../yaml/tree.js';
import type { CloudsFileOptions } from './clouds-file.js';
import { readVariable } from './environment-options.js';
import type { Option, OptionSource } from './option-reader.js';

/**
 * The options of a cloud in clouds.yaml. They stand in the cloud itself or below `auth`, with `_` or `-` in their names; those
 * of its region are laid over them. The environment has a say in two: which region, and a password that the file does not hold.
 */
export function cloudOptions(name: string, cloud: Tree, { environment, cwd }: CloudsFileOptions): OptionSource {
  const chosen = readVariable('OS_REGION_NAME', environment);
  const region = findRegion(name, cloud, chosen?.value);
  const layers = [...(region?.values ? [region.values] : []), cloud];
  const findIn = (option: string): Option | undefined => {
    for (const layer of layers) {
      for (const path of [['auth', option], [option]]) {
        const found = treeAt(layer, path);
        if (found) return { value: treeValue(found), place: treePlace(layer, path), label: labelOf(name, path) };
      }
    }
    return undefined;
  };
  return {
    cwd,
    home: environment['HOME'],
    find: (names) => {
      if (names[0] === 'region_name' && (chosen || region)) return chosen ?? region?.name;
      const spelled = names.flatMap((option) => [option, option.replaceAll('_', '-')]);
      const found = spelled.map(findIn).find((option) => option !== undefined);
      return found ?? (names[0] === 'password' ? readVariable('OS_PASSWORD', environment) : undefined);
    },
  };
}

interface Region {
  readonly name: Option;
  readonly values: Tree | undefined;
}

/** The region of that name in the list of the cloud, or the first of them. */
function findRegion(cloud: string, tree: Tree, name: unknown): Region | undefined {
  const list = treeAt(tree, ['regions']);
  const regions = (list?.kind === 'list' ? list.items : []).flatMap((item): Region[] => {
    const text = item.kind === 'map' ? treeAt(item, ['name']) : item;
    if (!text) return [];
    const option = { value: treeValue(text), place: text.place, label: labelOf(cloud, ['regions']) };
    return [{ name: option, values: treeAt(item, ['values']) }];
  });
  return name === undefined ? regions[0] : regions.find((region) => region.name.value === name);
}

function labelOf(cloud: string, path: readonly string[]): string {
  return ['clouds', cloud, ...path].join('.');
}
