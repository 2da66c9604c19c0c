import * as z from 'zod';
import { showLabel } from '../config/show-label.js';
import { decodeText } from '../text/decode-text.js';
import { showPlace, type Place } from '../yaml/place.js';
import { readYaml } from '../yaml/read-yaml.js';
import type { Tree, TreePath } from '../yaml/tree.js';
import { VirtbsError } from '../errors.js';
import { readPlainFile } from '../read-plain-file.js';

/** Bytes of a steering file; they describe some thousand instances. */
const MOST_BYTES = 16 * 1024 ** 2;

const keys = z.array(z.string()).default([]);
const labelled = { usr_label: keys };

/**
 * A steering file of osweint: instances name an image, a flavor and labels by keys of the file's own. What it says of networks
 * is passed over: those of a role are ours to know.
 *
 * Source: README.md, osweint/view_buildup.py of https://github.com/osynge/python-openstack-whenenv-integration
 */
const steeringSchema = z.object({
  label: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  images: z.record(z.string(), z.object({ OS_IMAGE_NAME: z.string(), ...labelled })),
  flavor: z.record(z.string(), z.object({ OS_FLAVOR_NAME: z.string(), ...labelled })),
  instances: z.record(z.string(), z.object({ uuid_image: z.string(), uuid_flavour: z.string(), ...labelled })),
});

type SteeringValues = z.output<typeof steeringSchema>;

export interface Steering extends SteeringValues {
  /** Returns the place of a value in the file, with its path: `steering.json:12:30: flavor.f-1.OS_FLAVOR_NAME`. */
  readonly place: (path: TreePath) => string;
}

/**
 * Reads a steering file; null for a file that is something else, as one that is not JSON or has no `instances`.
 *
 * @throws VirtbsError `config-invalid` with all that is wrong with one
 */
export async function readSteering(path: string, signal?: AbortSignal): Promise<Steering | null> {
  const bytes = await readPlainFile(path, { most: MOST_BYTES, signal }).catch(() => Buffer.alloc(0));
  signal?.throwIfAborted();
  const text = decodeText(bytes);
  const content = parseSteering(path, text);
  if (content === null) return null;
  const reading = readYaml(text, (line, column) => ({ source: path, line, column }));
  const twice = reading.problems
    .filter(({ what }) => /^key ".*" stands twice/.test(what))
    .map((problem) => `${showPlace(problem.place)}: ${problem.what}`);
  const place = placesOf(path, reading.tree);
  const result = steeringSchema.safeParse(content);
  const others = result.success
    ? strayKeys(result.data, place)
    : result.error.issues.map((issue) => `${place(issue.path as TreePath)}: ${issue.message}`);
  const problems = [...twice, ...others];
  if (result.success && problems.length === 0) return { ...result.data, place };
  throw refuse(problems);
}

function refuse(problems: readonly string[]): VirtbsError {
  return new VirtbsError('config-invalid', problems.join('\n'), { hint: 'nothing was touched' });
}

/** Keys that lead nowhere in the file. */
function strayKeys({ label, images, flavor, instances }: SteeringValues, place: Steering['place']): readonly string[] {
  const stray = (path: TreePath, key: string, known: Readonly<Record<string, unknown>>): readonly string[] =>
    Object.hasOwn(known, key) ? [] : [`${place(path)}: there is no ${JSON.stringify(key)}`];
  const sections: Readonly<Record<string, Readonly<Record<string, { readonly usr_label: readonly string[] }>>>> = {
    images,
    flavor,
    instances,
  };
  const labels = Object.entries(sections).flatMap(([section, items]) =>
    Object.entries(items).flatMap(([name, { usr_label }]) =>
      usr_label.flatMap((key) => stray([section, name, 'usr_label'], key, label)),
    ),
  );
  const parts = Object.entries(instances).flatMap(([name, { uuid_image, uuid_flavour }]) => [
    ...stray(['instances', name, 'uuid_image'], uuid_image, images),
    ...stray(['instances', name, 'uuid_flavour'], uuid_flavour, flavor),
  ]);
  return [...labels, ...parts];
}

/** Gives the place of a value by its path: JSON is YAML, whose reader knows places. What is missing is where it ought to be in. */
function placesOf(file: string, tree: Tree | undefined): Steering['place'] {
  return (path) => {
    const found = tree && deepest(tree, path).place;
    return `${found ? showPlace(found) : file}: ${showLabel(['steering', ...path])}`;
  };
}

function deepest(tree: Tree, [step, ...rest]: TreePath): Tree {
  if (step === undefined) return tree;
  const below =
    tree.kind === 'map'
      ? tree.entries.get(String(step))?.tree
      : tree.kind === 'list'
        ? tree.items[Number(step)]
        : undefined;
  return below ? deepest(below, rest) : tree;
}

/**
 * The content of a steering file; null for what is something else.
 *
 * @throws VirtbsError `config-invalid`, with the place, for one that is not JSON
 */
function parseSteering(path: string, text: string): object | null {
  try {
    const content: unknown = JSON.parse(text);
    return typeof content === 'object' && content !== null && 'instances' in content ? content : null;
  } catch {
    const isMeant = /^\s*(?:(?:\/\/|#).*\s+|\/\*[^]*?\*\/\s*)*\{/.test(text) && /"instances"\s*:/.test(text);
    if (!isMeant) return null;
    const offset = failedAt(text);
    const before = text.slice(0, offset).split('\n');
    const place: Place = { source: path, line: before.length, column: (before.at(-1) ?? '').length + 1 };
    throw refuse([`${showPlace(place)}: ${explain(text, offset)}: a steering file is JSON`]);
  }
}

const TOKEN = /"(?:[^"\\\n\r\t]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/y;
/** Characters that cannot follow a sign of that kind. `v` is a value. */
const MISPLACED: Readonly<Record<string, RegExp>> = {
  ',': /[\]},:]/,
  ':': /[\]},:]/,
  '{': /[{[\],:]/,
  '[': /[},:]/,
  v: /[v{[]/,
  '}': /[v{[:]/,
  ']': /[v{[:]/,
};

/**
 * Finds where a text stops being JSON, because the errors of the parser do not always say it. Returns the end where the text
 * only ends too early.
 */
function failedAt(text: string): number {
  let last = '';
  for (let at = skipBlanks(text, 0); at < text.length; at = skipBlanks(text, TOKEN.lastIndex)) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined) return at;
    const kind = /^[{}[\],:]$/.test(token) ? token : 'v';
    if (MISPLACED[last]?.test(kind) === true) return at;
    last = kind;
  }
  return text.length;
}

function skipBlanks(text: string, from: number): number {
  const blanks = /[ \t\r\n]*/y;
  blanks.lastIndex = from;
  blanks.test(text);
  return blanks.lastIndex;
}

function explain(text: string, offset: number): string {
  const sign = text.charAt(offset);
  if (sign === '/' || sign === '#') return 'a comment, which JSON does not have';
  if (/,\s*$/.test(text.slice(0, offset)) && /[\]}]/.test(sign)) return `a comma before "${sign}", where JSON has none`;
  if (sign === '') return 'the text ends too early';
  return sign === "'" ? "a ' where JSON has double quotes" : `${JSON.stringify(sign)} is not expected here`;
}
