import { checkShape, isProblems } from './check-shape.js';
import { iniFileProblem, steeringFileProblem } from './foreign-file.js';
import { NO_DRIVERS, type DriverSections } from './driver-section.js';
import type { Problem } from '../yaml/problem.js';
import type { FileBytes } from '../yaml/read-bytes.js';
import { spreadTopology } from './spread-topology.js';
import { readYamlFile } from '../yaml/read-yaml-file.js';
import { readAsLiteral, readOverride, type Override } from './read-override.js';
import type { YamlResult } from '../yaml/read-yaml.js';
import type { Tree } from '../yaml/tree.js';

/** A file with every problem of its text and of the shape of what it holds. */
export function readFileSource(file: FileBytes, cwd: string, drivers: DriverSections = NO_DRIVERS): YamlResult {
  const ini = iniFileProblem(file, cwd);
  if (ini) return { tree: undefined, problems: [ini] };
  const result = readYamlFile(file, cwd);
  const steering = result.tree && steeringFileProblem(result.tree);
  return steering ? { tree: undefined, problems: [steering] } : withShape(result, drivers);
}

/** An option, likewise; the text of `-e` counts as a number, true or false where only that fits. */
export function readOverrideSource(
  override: Override,
  number: number,
  drivers: DriverSections = NO_DRIVERS,
): YamlResult {
  const { tree, problems } = readOverride(override, number);
  const isFine = !tree || override.kind !== 'string' || shapeProblems(tree, drivers).length === 0;
  if (isFine) return withShape({ tree, problems }, drivers);
  return withShape({ tree: readAsLiteral(override, tree.place) ?? tree, problems }, drivers);
}

/** Adds the problems of the shape. The short ways to ask for VMs are written out: see `spreadTopology`. */
function withShape({ tree, problems }: YamlResult, drivers: DriverSections): YamlResult {
  if (!tree) return { tree, problems };
  const spread = spreadTopology(tree);
  return { tree: spread.tree, problems: [...problems, ...shapeProblems(tree, drivers), ...spread.problems] };
}

function shapeProblems(tree: Tree, drivers: DriverSections): readonly Problem[] {
  const result = checkShape(tree, drivers);
  return isProblems(result) ? result : [];
}
