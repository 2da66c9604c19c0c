import { anchorPaths } from './anchor-paths.js';
import { checkShape } from './check-shape.js';
import { checkWhole } from './check-whole.js';
import type { Configuration } from './configuration.js';
import { createConfiguration } from './create-configuration.js';
import { mergeTrees } from './merge-trees.js';
import { showPath } from './place.js';
import { problemsError, type Problem } from './problem.js';
import type { FileBytes } from './read-bytes.js';
import { readConfigurationFile } from './read-configuration-file.js';
import { readAsLiteral, readOverride, type Override } from './read-override.js';
import type { YamlResult } from './read-yaml.js';
import type { Tree } from './tree.js';

export interface Sources {
  /** In the order in which they are laid over each other. */
  readonly files: readonly FileBytes[];
  readonly overrides: readonly Override[];
  readonly cwd: string;
  /** The folder that is named where something is in no file at all. */
  readonly shipped: string;
}

/**
 * Merges and checks what was read.
 *
 * @throws VirtbsError `config-invalid` with every problem of every source
 */
export function mergeSources({ files, overrides, cwd, shipped }: Sources): Configuration {
  const problems: Problem[] = [];
  const place = { source: showPath(shipped, cwd) };
  let whole: Tree = { kind: 'map', place, entries: new Map() };
  let complete = true;
  const sources = [
    ...files.map((file) => readConfigurationFile(file, cwd)),
    ...overrides.map((override, index) => readTyped(override, index + 1)),
  ];
  for (const source of sources) {
    problems.push(...source.problems);
    if (source.tree) problems.push(...shapeProblems(source.tree));
    if (source.tree && isDocument(source.tree)) whole = { ...mergeTrees(whole, source.tree), place };
    else complete = false;
  }
  // A name that is unknown may well be in a file that could not be read.
  if (complete) problems.push(...checkWhole(whole));
  if (problems.length > 0) throw problemsError(problems);

  const anchored = anchorPaths(whole, cwd);
  const input = checkShape(anchored);
  if (isProblems(input)) throw problemsError(input);
  return createConfiguration(input, anchored);
}

/** The text of `-e` counts as a number, true or false where only that fits. */
function readTyped(override: Override, number: number): YamlResult {
  const { tree, problems } = readOverride(override, number);
  if (!tree || override.kind !== 'string' || shapeProblems(tree).length === 0) return { tree, problems };
  return { tree: readAsLiteral(override, tree.place) ?? tree, problems };
}

/** A map, or nothing at all. */
function isDocument(tree: Tree): boolean {
  return tree.kind === 'map' || (tree.kind === 'scalar' && tree.value === null);
}

function shapeProblems(tree: Tree): readonly Problem[] {
  const result = checkShape(tree);
  return isProblems(result) ? result : [];
}

function isProblems(result: ReturnType<typeof checkShape>): result is readonly Problem[] {
  return Array.isArray(result);
}
