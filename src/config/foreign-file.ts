import type { Problem } from '../yaml/problem.js';
import { showPath, type Place } from '../yaml/place.js';
import type { FileBytes } from '../yaml/read-bytes.js';
import { treeEntries, type Tree } from '../yaml/tree.js';

/** Options of an account, as whatenv (osweint) has them in section `main`. */
const ACCOUNT = /^[ \t]*(?:auth_url|username|password|tenant)[ \t]*[=:]/m;

/**
 * Tells what an INI file is and where its keys belong, with the place of its first section; null for other files. No
 * configuration of ours begins with a list, so nothing that is right is taken for one.
 */
export function iniFileProblem({ path, bytes }: FileBytes, cwd: string): Problem | null {
  if (bytes instanceof Error) return null;
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '');
  const [, before] =
    /^((?:[ \t]*(?:[#;].*)?\r?\n)*)[ \t]*\[[^\]\n,]+\][ \t]*\r?\n(?:[ \t]*(?:[#;].*)?\r?\n)*[ \t]*[\w.-]+[ \t]*=/.exec(
      text,
    ) ?? [];
  if (before === undefined) return null;
  const place: Place = { source: showPath(path, cwd), line: before.split('\n').length, column: 1 };
  const what = ACCOUNT.test(text)
    ? 'this is an INI file of whatenv (osweint): its account goes into clouds.yaml or OS_* variables, and docs/openstack.md, "Options", says what its keys are called here'
    : 'this is an INI file, and virtbs reads YAML: README.md, "Configuration", names the sections';
  return { place, what };
}

/** Returns the problem of a tree that is a steering file: which option it belongs to. */
export function steeringFileProblem(tree: Tree): Problem | null {
  const entries = treeEntries(tree, []);
  const isSteering = ['instances', 'flavor', 'images'].every((key) => entries.has(key));
  if (!isSteering) return null;
  return { place: tree.place, what: 'this is a steering file: give it with --file (docs/files.md)' };
}
