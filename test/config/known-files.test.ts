import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { findKnown, loadKnownFiles, makeKnownFiles } from '../../src/config/known-files.js';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { unpackTree } from '../../src/yaml/pack-tree.js';
import { readFileSource } from '../../src/config/read-source.js';
import { packageDirectory } from '../../src/package-directory.js';

const shipped = await packageDirectory();

t.test('of every shipped file is known what its text says, with the places', async (t) => {
  const known = await loadKnownFiles(shipped);
  for (const folder of ['slices', 'images']) {
    for (const name of (await readdir(join(shipped, folder))).filter((each) => each.endsWith('.yaml'))) {
      const path = join(shipped, folder, name);
      const bytes = await readFile(path);
      const packed = findKnown(known, { bytes });
      const { tree } = readFileSource({ path, bytes }, shipped);
      t.strictSame(packed && unpackTree(packed, `${folder}/${name}`), tree, name);
    }
  }
});

t.test('a file that is known is not read, and one that was changed is', async (t) => {
  const root = t.testdir({ dist: { bundle: {} } });
  for (const folder of ['slices', 'images']) await cp(join(shipped, folder), join(root, folder), { recursive: true });
  const path = join(root, 'slices', 'address-pool.yaml');
  const text = await readFile(path, 'utf8');
  const other = readFileSource({ path, bytes: Buffer.from(text.replace('172.16.0.0', '172.0.0.0')) }, root);
  if (!other.tree) throw new Error('the text is good');
  const known = makeKnownFiles([[Buffer.from(text), other.tree]]);
  await writeFile(join(root, 'dist', 'bundle', 'known-files.json'), JSON.stringify(known));
  const start = async (): Promise<string> =>
    (await loadConfiguration({ packageDirectory: root, files: [], overrides: [], cwd: root })).addressPool.ipv4Start;
  t.match(await start(), /^172\.0\./, 'what is known counts');
  await writeFile(path, `${text}# changed\n`);
  t.match(await start(), /^172\.16\./, 'what is written counts');
});
