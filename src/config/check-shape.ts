import { configurationSchema, type ConfigurationInput } from './configuration-schema.js';
import type { DriverSections } from './driver-section.js';
import type { Problem } from '../yaml/problem.js';
import { showLabel } from './show-label.js';
import { keyPlace, treePlace, treeValue, type Tree, type TreePath } from '../yaml/tree.js';

/** The values of a file, read and checked; or every problem of their shape. */
export function checkShape(tree: Tree, drivers: DriverSections): ConfigurationInput | readonly Problem[] {
  const result = configurationSchema(drivers).safeParse(treeValue(tree));
  return result.success ? result.data : result.error.issues.flatMap((issue) => describe(tree, issue));
}

export function isProblems(result: ReturnType<typeof checkShape>): result is readonly Problem[] {
  return Array.isArray(result);
}

type Issue = NonNullable<ReturnType<ReturnType<typeof configurationSchema>['safeParse']>['error']>['issues'][number];

function describe(tree: Tree, issue: Issue): Problem[] {
  const path = issue.path as TreePath;
  if (issue.code === 'unrecognized_keys') {
    const lines = issue.message.split('\n');
    return issue.keys.map((key, index) => ({
      place: keyPlace(tree, [...path, key]),
      label: showLabel(path),
      what: lines[index] ?? issue.message,
    }));
  }
  if (issue.code === 'invalid_key') {
    const what = issue.issues[0]?.message ?? issue.message;
    return [{ place: keyPlace(tree, path), label: showLabel(path.slice(0, -1)), what }];
  }
  return [{ place: treePlace(tree, path), label: showLabel(path), what: issue.message }];
}
