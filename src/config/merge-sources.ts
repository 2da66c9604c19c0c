import { anchorPaths } from './anchor-paths.js';
import { checkShape, isProblems } from './check-shape.js';
import { checkWhole } from './check-whole.js';
import type { Configuration } from './configuration.js';
import { NO_DRIVERS, type DriverSections } from './driver-section.js';
import { createConfiguration } from './create-configuration.js';
import { mergeTrees } from '../yaml/merge-trees.js';
import { showPath } from '../yaml/place.js';
import { problemsError, type Problem } from '../yaml/problem.js';
import type { YamlResult } from '../yaml/read-yaml.js';
import type { Tree } from '../yaml/tree.js';

export interface MergeOptions {
  readonly cwd: string;
  /** The folder that is named where something is in no source at all. */
  readonly shipped: string;
  /** None where not given. */
  readonly drivers?: DriverSections;
}

/**
 * Merges sources, each laid over those before it, and checks the whole.
 *
 * @throws VirtbsError `config-invalid` with every problem of every source
 */
export function mergeSources(
  sources: readonly YamlResult[],
  { cwd, shipped, drivers = NO_DRIVERS }: MergeOptions,
): Configuration {
  const problems: Problem[] = [];
  const place = { source: showPath(shipped, cwd) };
  let whole: Tree = { kind: 'map', place, entries: new Map() };
  let complete = true;
  for (const source of sources) {
    problems.push(...source.problems);
    if (source.tree && isDocument(source.tree)) whole = { ...mergeTrees(whole, source.tree), place };
    else complete = false;
  }
  // A name that is unknown may well be in a file that could not be read.
  if (complete) problems.push(...checkWhole(whole, drivers));
  if (problems.length > 0) throw problemsError(problems);

  const anchored = anchorPaths(whole, { cwd, drivers });
  const input = checkShape(anchored, drivers);
  if (isProblems(input)) throw problemsError(input);
  return createConfiguration(input, anchored, { cwd, drivers });
}

/** A map, or nothing at all. */
function isDocument(tree: Tree): boolean {
  return tree.kind === 'map' || (tree.kind === 'scalar' && tree.value === null);
}
