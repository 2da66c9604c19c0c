import { hidePassword } from '../text/hide-password.js';
import type { Place } from '../yaml/place.js';
import { readYaml, type YamlResult } from '../yaml/read-yaml.js';
import type { Tree } from '../yaml/tree.js';

/** One `-e/--set` (`string`) or `-E/--set-literal` (`literal`) of the command line. */
export interface Override {
  readonly kind: 'string' | 'literal';
  /** `path=value`; a part of the path that holds a dot is quoted: `image_flow."ubuntu-24.04".image_download.url=…` */
  readonly text: string;
}

interface Assignment {
  readonly path: readonly string[];
  readonly value: string;
}

const LONGEST_SHOWN = 80;

/**
 * A configuration that holds nothing but the value of one override, and every problem in reading it.
 *
 * @param number counted from 1 among all overrides
 */
export function readOverride({ kind, text }: Override, number: number): YamlResult {
  const whole = hidePassword(text);
  const shown = whole.length > LONGEST_SHOWN ? `${whole.slice(0, LONGEST_SHOWN)}…` : whole;
  const place: Place = { source: `${kind === 'string' ? '-e' : '-E'} ${shown}`, override: number };
  const assignment = splitAssignment(text);
  if (typeof assignment === 'string') return { tree: undefined, problems: [{ place, what: assignment }] };

  const { path, value } = assignment;
  if (kind === 'string') return { tree: wrap(path, { kind: 'scalar', place, value }), problems: [] };
  const { tree, problems } = readYaml(value, () => place);
  return { tree: tree && wrap(path, tree), problems };
}

/** The same override with its text taken as a number, true or false; undefined where it is neither. */
export function readAsLiteral({ text }: Override, place: Place): Tree | undefined {
  const assignment = splitAssignment(text);
  if (typeof assignment === 'string') return undefined;
  const { path, value } = assignment;
  if (value === 'true' || value === 'false') return wrap(path, { kind: 'scalar', place, value: value === 'true' });
  if (!/^-?\d+(?:\.\d+)?$|^0x[\da-f]+$/i.test(value)) return undefined;
  return wrap(path, { kind: 'scalar', place, value: Number(value) });
}

function wrap(path: readonly string[], leaf: Tree): Tree {
  const { place } = leaf;
  return path.reduceRight<Tree>(
    (tree, key) => ({ kind: 'map', place, entries: new Map([[key, { key: place, tree }]]) }),
    leaf,
  );
}

/** The parts of `a."b.c".d=value`, or what is wrong with them. */
function splitAssignment(text: string): Assignment | string {
  const path: string[] = [];
  const part = /(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^."'=\s]+))([.=])/y;
  for (let match = part.exec(text); match; match = part.exec(text)) {
    const [, double, single, bare, end] = match;
    path.push(double?.replaceAll(/\\(.)/gs, '$1') ?? single ?? bare ?? '');
    if (path.includes('__proto__')) return 'key "__proto__" is not allowed';
    if (end === '=') return { path, value: text.slice(part.lastIndex) };
  }
  if (!text.includes('=')) return 'no "=": write path=value, such as network_flags.data.mtu=9000';
  return 'not a path of keys with dots between them: quote a key that holds a dot or a blank, such as image_flow."a.b".mini.size=1GiB';
}
