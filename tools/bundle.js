// Bundles the command line into dist/bundle, so that most commands load one file instead of some hundred; bin/load-bundle.cjs loads it.
import { existsSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { bundleLicenses } from './bundle-licenses.js';

/** What an installed copy needs beside its bundle: native libraries. libsql's loader, which is in the bundle, requires its own by a name that it makes. */
const EXTERNAL = ['koffi'];

/** Large packages that few commands load: each is a file of its own, which the others need not read. */
const APART = ['mysql2/promise', 'nodemailer', 'pg'];
const apartFile = (name) => `./${name.replace('/', '-')}.cjs`;

const LEAVE_APART = {
  name: 'leave large packages apart',
  setup({ onResolve }) {
    onResolve({ filter: /^[a-z]/ }, ({ path }) =>
      APART.includes(path) ? { path: apartFile(path), external: true } : undefined,
    );
  },
};

/**
 * bin/load-bundle.cjs reads the bundle as bytes, and so it is ASCII outside of comments. esbuild escapes all other characters of
 * strings, but not of tagged templates.
 */
const escapeOthers = (text) =>
  text.replaceAll(/[^\0-\x7F]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

function assertAscii(text) {
  const lines = text.replaceAll(/\/\*[^]*?\*\//g, '').split('\n');
  const wrong = lines.find((line) => /[^\0-\x7F]/.test(line.replace(/\/\/.*/, '')));
  if (wrong !== undefined) throw new Error(`the bundle is not ASCII: ${wrong}`);
}

/** Code that loads a package at its first use has a `require` of its own; without it esbuild takes the package in, just as late. */
const TAKE_IN_REQUIRED = {
  name: 'take in what is required',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text.replace(/^const require = createRequire\(import\.meta\.url\);$/m, '');
      return { contents: escapeOthers(contents), loader: 'ts' };
    });
  },
};

// The folder appears whole, as the last thing that a build makes: bin/virtbs takes its presence for the sign that all was built.
const [made, unfinished] = ['dist/bundle', 'dist/bundle.new'];
await rm(unfinished, { recursive: true, force: true });

const FORM = {
  bundle: true,
  format: 'cjs', // one file, of which a module is compiled and run when a command first imports it
  supported: { 'dynamic-import': false }, // what stays outside is required, at its first use as all
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true, // names and lines stay, for the stack of a bug
  metafile: true,
};

const { metafile, outputFiles } = await build({
  ...FORM,
  entryPoints: ['src/cli/main.ts'],
  outfile: `${unfinished}/main.cjs`,
  write: false,
  external: EXTERNAL,
  plugins: [TAKE_IN_REQUIRED, LEAVE_APART],
  // The parser of the command line measures its help with a width function that compiles all emoji there are, 60 ms of
  // every command. Our own words are ASCII.
  alias: { 'string-width': './tools/ascii-width.js' },
  define: { 'import.meta.url': '__ownUrl' },
});
const [{ text }] = outputFiles;
const [{ imports }] = Object.values(metafile.outputs);
const used = APART.filter((name) => imports.some(({ path }) => path === apartFile(name)));
const apart = await Promise.all(
  used.map((name) =>
    build({
      ...FORM,
      stdin: { contents: `module.exports = require('${name}');`, resolveDir: '.' },
      outfile: `${unfinished}/${apartFile(name)}`,
    }),
  ),
);
assertAscii(text);
await mkdir(unfinished, { recursive: true });
await writeFile(
  `${unfinished}/main.cjs`,
  `// build ${createHash('sha256').update(text).digest('hex').slice(0, 32)}
(function (exports, require, module, __filename, __dirname) {
const __ownUrl = require('node:url').pathToFileURL(__filename).href;
${text}
})
`,
);
const inputs = Object.assign({}, metafile.inputs, ...apart.map((each) => each.metafile.inputs));
await writeFile(`${unfinished}/THIRD-PARTY-LICENSES`, await bundleLicenses({ inputs }));
// What is shipped is read here, once, and not by every command.
await writeFile(`${unfinished}/known-files.json`, JSON.stringify(await knownFiles()));
await rm(made, { recursive: true, force: true });
await rename(unfinished, made);

/** A file that has problems is not known: every command tells them. */
async function knownFiles() {
  const folders = ['slices', 'images'].filter(existsSync);
  const names = await Promise.all(
    folders.map(async (folder) => (await readdir(folder)).map((name) => `${folder}/${name}`)),
  );
  const paths = names.flat().filter((path) => path.endsWith('.yaml'));
  if (paths.length === 0) return {};
  const { makeKnownFiles } = await import('../dist/src/config/known-files.js');
  const { readFileSource } = await import('../dist/src/config/read-source.js');
  const { loadDriverSections } = await import('../dist/src/config/driver-section.js');
  const { DRIVERS } = await import('../dist/src/driver/known-drivers.js');
  const drivers = await loadDriverSections(DRIVERS);
  const read = [];
  for (const path of paths) {
    const bytes = await readFile(path);
    const { tree, problems } = readFileSource({ path, bytes }, '.', drivers);
    if (tree && problems.length === 0) read.push([bytes, tree]);
  }
  return makeKnownFiles(read);
}
