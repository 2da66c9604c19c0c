import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let found: Promise<string> | undefined;

/** The folder that holds virtbs itself, with its `images/` and `slices/`: the nearest above this file with our package.json. */
export function packageDirectory(): Promise<string> {
  return (found ??= findUpwards(dirname(fileURLToPath(import.meta.url))));
}

async function findUpwards(directory: string): Promise<string> {
  if (await isOurs(join(directory, 'package.json'))) return directory;
  const parent = dirname(directory);
  if (parent === directory) throw new Error('no package.json of virtbs above its own code');
  return findUpwards(parent);
}

async function isOurs(manifest: string): Promise<boolean> {
  const text = await readFile(manifest, 'utf8').catch(() => 'null');
  const content: unknown = JSON.parse(text);
  return typeof content === 'object' && content !== null && 'name' in content && content.name === 'virtbs';
}
