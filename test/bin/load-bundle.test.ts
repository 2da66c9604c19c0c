import { chmod, chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { packageDirectory } from '../../src/package-directory.js';

interface Loaded {
  readonly exports: { readonly answer: () => number };
  readonly keep: () => void;
}

const { loadBundle } = createRequire(import.meta.url)(join(await packageDirectory(), 'bin/load-bundle.cjs')) as {
  readonly loadBundle: (file: string, argv: readonly string[]) => Loaded;
};

/** Bundles of the same length, which V8 cannot tell apart. */
function bundle(build: string, answer: number): string {
  return `// build ${build}\n(function (exports) {\nexports.answer = () => ${String(answer).padStart(2)};\n})\n`;
}

const [ONE, OTHER] = ['1'.repeat(32), '2'.repeat(32)];

interface Place {
  /** The answer of the bundle that is written there now; then the run is over. */
  readonly answer: (text: string, ...argv: readonly string[]) => Promise<number>;
  readonly folder: string;
  readonly kept: () => Promise<readonly string[]>;
}

async function place(t: Test): Promise<Place> {
  const directory = t.testdir({ cache: {} });
  t.intercept(process, 'env', {
    value: { ...process.env, XDG_CACHE_HOME: join(directory, 'cache'), NODE_V8_COVERAGE: '' },
  });
  const folder = join(directory, 'cache', 'virtbs');
  return {
    folder,
    async answer(text, ...argv) {
      const file = join(directory, 'main.cjs');
      await writeFile(file, text);
      const { exports, keep } = loadBundle(file, argv);
      const answer = exports.answer();
      keep();
      return answer;
    },
    kept: async () => await readdir(folder).catch(() => []),
  };
}

t.test('what V8 made is kept, and used by the next run of the same build alone', async (t) => {
  const { answer, kept } = await place(t);
  t.equal(await answer(bundle(ONE, 1), 'ls'), 1);
  t.strictSame(await kept(), [`code-${process.version}-${process.arch}-${ONE}`]);
  t.equal(await answer(bundle(ONE, 5), 'ls'), 1, 'the kept code ran, not that of the file');
  t.equal(await answer(bundle(OTHER, 5), 'ls'), 5);
  t.equal((await kept()).length, 2);
});

t.test('a further command adds what it compiled; the same one writes nothing', async (t) => {
  const { answer, folder, kept } = await place(t);
  await answer(bundle(ONE, 1), '-s', '1', 'ls');
  const [name = ''] = await kept();
  const words = async (): Promise<string | undefined> =>
    (await readFile(join(folder, name), 'latin1')).split('\n')[0]?.replace(/^\d+ /, '');
  t.equal(await words(), 'ls');
  await answer(bundle(ONE, 1), 'wipe');
  t.equal(await words(), 'ls wipe');
  await chmod(join(folder, name), 0o400);
  await answer(bundle(ONE, 1), 'ls', 'wipe');
  t.equal(await words(), 'ls wipe');
});

t.test('what is damaged, or could have been written by others, is not used', async (t) => {
  const { answer, folder, kept } = await place(t);
  await answer(bundle(ONE, 1), 'ls');
  const path = join(folder, String((await kept())[0]));
  const whole = await readFile(path);
  const flipped = Buffer.from(whole);
  flipped.writeUInt8(flipped.readUInt8(whole.length - 9) ^ 1, whole.length - 9);
  let next = 2; // V8 knows the sources that this process has compiled
  for (const bytes of [flipped, whole.subarray(0, -20), Buffer.from('nothing'), Buffer.alloc(0)]) {
    await writeFile(path, bytes);
    t.equal(await answer(bundle(ONE, next), 'ls'), next++);
    await writeFile(path, whole);
    t.equal(await answer(bundle(ONE, next++), 'ls'), 1, 'this test sees what is used');
  }
  await chmod(path, 0o620);
  t.equal(await answer(bundle(ONE, 10), 'ls'), 10, 'its group can write it');
  await rm(path);
  await mkdir(path);
  t.equal(await answer(bundle(ONE, 11), 'ls'), 11, 'a folder');
});

t.test('virtbs runs where nothing can be kept, and where nothing is to be', async (t) => {
  const { answer, folder, kept } = await place(t);
  t.equal(await answer(bundle(ONE, 1).replace('// build', '// built'), 'ls'), 1);
  process.env['NODE_DISABLE_COMPILE_CACHE'] = '1';
  t.equal(await answer(bundle(ONE, 1), 'ls'), 1);
  t.strictSame(await kept(), []);
  delete process.env['NODE_DISABLE_COMPILE_CACHE'];
  await writeFile(folder, 'a file where the folder would be');
  t.equal(await answer(bundle(ONE, 1), 'ls'), 1);
});

t.test("nothing is kept in somebody else's home", { skip: process.geteuid?.() !== 0 && 'needs root' }, async (t) => {
  const { answer, folder, kept } = await place(t);
  await chown(join(folder, '..'), 12_345, 12_345);
  t.equal(await answer(bundle(ONE, 1), 'ls'), 1);
  t.strictSame(await kept(), []);
});

t.test('old builds go', async (t) => {
  const { answer, kept } = await place(t);
  for (let build = 10; build < 22; build++) await answer(bundle(String(build).repeat(16), build), 'ls');
  const names = await kept();
  t.equal(names.length, 8);
  t.ok(names.some((name) => name.endsWith('21')));
});
