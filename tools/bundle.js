// Bundles the command line into dist/bundle, so that a command loads a few files instead of some hundred.
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

// The folder appears whole, as the last thing that a build makes: bin/virtbs takes its presence for the sign that all was built.
const [made, unfinished] = ['dist/bundle', 'dist/bundle.new'];
await rm(unfinished, { recursive: true, force: true });

await build({
  entryPoints: ['src/cli/main.ts'],
  outdir: unfinished,
  bundle: true,
  splitting: true, // what a command imports when it runs stays a file of its own
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true, // names and lines stay, for the stack of a bug
  external: ['koffi', 'xml2js'], // a native library, and one that is loaded by halves
  // The parser of the command line measures its help with a width function that compiles all emoji there are, 60 ms of
  // every command. Our own words are ASCII.
  alias: { 'string-width': './tools/ascii-width.js' },
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
});
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
  const read = [];
  for (const path of paths) {
    const bytes = await readFile(path);
    const { tree, problems } = readFileSource({ path, bytes }, '.');
    if (tree && problems.length === 0) read.push([bytes, tree]);
  }
  return makeKnownFiles(read);
}
