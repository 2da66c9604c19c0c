import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

interface Pattern {
  readonly regex: string;
  readonly message: string;
}

interface Override {
  readonly files: readonly string[];
  readonly rules: { readonly 'no-restricted-imports'?: readonly [string, { readonly patterns: readonly Pattern[] }] };
}

const { overrides } = JSON.parse(await readFile(join(CHECKOUT, '.oxlintrc.json'), 'utf8')) as {
  readonly overrides: readonly Override[];
};

/** By file, as `src/slice/cycle.ts`: what it imports from this project, as written; types and `import()` count too. */
const imports = new Map<string, readonly string[]>();
for (const name of await readdir(join(CHECKOUT, 'src'), { recursive: true })) {
  if (!name.endsWith('.ts')) continue;
  const text = await readFile(join(CHECKOUT, 'src', name), 'utf8');
  const found = text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g);
  imports.set(
    `src/${name}`,
    [...found].map(([, specifier = '']) => specifier),
  );
}

t.test('every room stands on a floor of the linter', (t) => {
  const rooms = new Set(
    [...imports.keys()].map((file) => file.split('/')[1] ?? '').filter((name) => !name.includes('.')),
  );
  const listed = new Set(overrides.flatMap(({ files }) => files));
  t.strictSame(
    [...rooms].filter((room) => !listed.has(`src/${room}/**`)),
    [],
    'add a new room to .oxlintrc.json, and to "Floors" in docs/design.md',
  );
  t.end();
});

t.test('no import leads to the same floor or up, not even one that is loaded later', (t) => {
  const wrong = [...imports].flatMap(([file, specifiers]) =>
    patternsFor(file).flatMap(({ regex, message }) =>
      specifiers
        .filter((specifier) => new RegExp(regex).test(specifier))
        .map((specifier) => `${file} imports ${specifier}: ${message}`),
    ),
  );
  t.strictSame(wrong, []);
  t.end();
});

t.test('no file imports itself through others, not even its types', (t) => {
  const circles = [...imports.keys()].flatMap((file) => {
    const way = wayBack(file);
    return way.length === 0 ? [] : [way.join(' -> ')];
  });
  t.strictSame(circles, []);
  t.end();
});

/** Of several overrides that fit a file, the last one counts, as for the linter. */
function patternsFor(file: string): readonly Pattern[] {
  const fits = overrides.findLast(({ files }) => files.some((glob) => globToRegExp(glob).test(file)));
  return fits?.rules['no-restricted-imports']?.[1].patterns ?? [];
}

function globToRegExp(glob: string): RegExp {
  const parts = glob
    .split(/(\*\*|\*)/)
    .map((part) => ({ '**': '.*', '*': '[^/]*' })[part] ?? part.replaceAll('.', '\\.'));
  return new RegExp(`^${parts.join('')}$`);
}

/** The shortest way by which a file imports itself; empty where there is none. */
function wayBack(start: string): readonly string[] {
  const seen = new Set<string>();
  let ways: readonly (readonly string[])[] = [[start]];
  while (ways.length > 0) {
    const next: string[][] = [];
    for (const way of ways) {
      for (const file of importsOf(way.at(-1) ?? '')) {
        if (file === start) return [...way, file];
        if (!seen.has(file)) next.push([...way, file]);
        seen.add(file);
      }
    }
    ways = next;
  }
  return [];
}

function importsOf(file: string): readonly string[] {
  return (imports.get(file) ?? []).map((specifier) => posix.join(dirname(file), specifier).replace(/\.js$/, '.ts'));
}
