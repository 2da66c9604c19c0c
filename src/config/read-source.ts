import { checkShape, isProblems } from './check-shape.js';
import type { Problem } from './problem.js';
import type { FileBytes } from './read-bytes.js';
import { readConfigurationFile } from './read-configuration-file.js';
import { readAsLiteral, readOverride, type Override } from './read-override.js';
import type { YamlResult } from './read-yaml.js';
import type { Tree } from './tree.js';

/** A file with every problem of its text and of the shape of what it holds. */
export function readFileSource(file: FileBytes, cwd: string): YamlResult {
  return withShape(readConfigurationFile(file, cwd));
}

/** An option, likewise; the text of `-e` counts as a number, true or false where only that fits. */
export function readOverrideSource(override: Override, number: number): YamlResult {
  const { tree, problems } = readOverride(override, number);
  if (!tree || override.kind !== 'string' || shapeProblems(tree).length === 0) return withShape({ tree, problems });
  return withShape({ tree: readAsLiteral(override, tree.place) ?? tree, problems });
}

function withShape({ tree, problems }: YamlResult): YamlResult {
  return { tree, problems: tree ? [...problems, ...shapeProblems(tree)] : problems };
}

function shapeProblems(tree: Tree): readonly Problem[] {
  const result = checkShape(tree);
  return isProblems(result) ? result : [];
}
