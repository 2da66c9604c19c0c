import { chmod, chown, lchown, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import t, { type Test } from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { run } from '../e2e/run-virtbs.js';

const VIRTBS = join(await packageDirectory(), 'bin/virtbs');

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

async function place(t: Test, variables: Readonly<Record<string, string>> = {}): Promise<Place> {
  const directory = t.testdir({ cache: {} });
  t.intercept(process, 'env', {
    value: { ...process.env, XDG_CACHE_HOME: join(directory, 'cache'), NODE_V8_COVERAGE: '', ...variables },
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
  t.strictSame(await kept(), [`code-${process.version}-${process.arch}-${cachedDataVersionTag()}-${ONE}`]);
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

const noRoot = process.geteuid?.() === 0 ? false : 'needs root';

t.test("nothing is written or removed where another's link leads", { skip: noRoot }, async (t) => {
  const { answer, folder } = await place(t);
  const victim = join(folder, '../../victim');
  await mkdir(victim);
  for (let index = 0; index < 10; index++) await writeFile(join(victim, `code-${index}`), '');
  await symlink(victim, folder);
  await lchown(folder, 12_345, 12_345);
  t.equal(await answer(bundle(ONE, 1), 'ls'), 1);
  t.equal((await readdir(victim)).length, 10);
});

t.test('nothing is kept where no folder can be made, or the home is no whole path', async (t) => {
  for (const variables of [
    { XDG_CACHE_HOME: '/proc' },
    { XDG_CACHE_HOME: '', HOME: '/proc/self/fdinfo' },
    { XDG_CACHE_HOME: '', HOME: 'relative' },
    { XDG_CACHE_HOME: 'relative', HOME: '' },
  ]) {
    await t.test(JSON.stringify(variables), async (t) => {
      const { answer, folder } = await place(t, variables);
      t.equal(await answer(bundle(ONE, 1), 'ls'), 1);
      await t.rejects(stat(folder), { code: 'ENOENT' });
      for (const name of ['.cache', 'relative', 'virtbs']) await t.rejects(stat(name), { code: 'ENOENT' });
    });
  }
});

t.test('virtbs runs as a user who is in no list', { skip: noRoot }, async (t) => {
  const user = ['--reuid', '4242', '--regid', '4242', '--clear-groups', process.execPath, VIRTBS];
  const { code, stderr } = await run('/', ['env', '-u', 'HOME', 'setpriv', ...user, 'config', '--json']);
  t.match({ code, stderr }, { code: 0, stderr: '' });
});

t.test('what cannot be finished is not left behind', async (t) => {
  const { answer, folder, kept } = await place(t);
  await answer(bundle(ONE, 1), 'ls');
  const [name = ''] = await kept();
  await rm(join(folder, name));
  await mkdir(join(folder, name));
  await writeFile(join(folder, 'new-1-dead'), '');
  await writeFile(join(folder, 'code-of-mine'), '');
  await utimes(join(folder, 'new-1-dead'), 1, 1);
  await answer(bundle(ONE, 2), 'ls');
  t.strictSame((await kept()).toSorted(), [name, 'code-of-mine', 'new-1-dead'].sort(), 'a folder is in its place');
  await answer(bundle(OTHER, 3), 'ls');
  t.strictSame((await kept()).toSorted(), [name, name.replace(ONE, OTHER), 'code-of-mine'].sort());
});

t.test('old builds go', async (t) => {
  const { answer, kept } = await place(t);
  for (let build = 10; build < 22; build++) await answer(bundle(String(build).repeat(16), build), 'ls');
  const names = await kept();
  t.equal(names.length, 8);
  t.ok(names.some((name) => name.endsWith('21')));
});
