import { chmod, cp, mkdir, readdir, readFile, rename, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import tap, { type Test } from 'tap';
import type { VirtbsEvent } from '../../src/events.js';
import { buildImages } from '../../src/image/build-images.js';
import type { BuildRecord } from '../../src/image/build-record.js';
import type { CustomizeDisk } from '../../src/image/customize-disk.js';
import type { CustomizeRecipe, ImageRecipe } from '../../src/config/image-recipe.js';
import { VirtbsError } from '../../src/errors.js';
import { runProgram } from '../../src/process/run-program.js';
import { virtbsFailure } from './virtbs-failure.js';

const { signal } = new AbortController();

interface Bench {
  readonly directory: string;
  readonly root: string;
  /** The recipes of everything that stands on the slot `base`. */
  readonly customized: Record<string, CustomizeRecipe>;
  /** Makes a slot ready; returns the record of its build. */
  readonly ready: (slot: string, renew?: readonly string[]) => Promise<BuildRecord>;
  /** The slots that were made, in this order, since it was last asked. */
  readonly made: () => readonly string[];
  /** What the recipes of the requests came to: the file `recipe` of each payload. */
  readonly orders: string[];
}

/** The library with a guest that says one line and leaves the disk as it is. */
async function openBench(t: Test): Promise<Bench> {
  const directory = t.testdir({ root: {} });
  const root = join(directory, 'root');
  const base = join(directory, 'base.qcow2');
  await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', base, '64M']);
  const customized: Record<string, CustomizeRecipe> = {};
  const events: VirtbsEvent[] = [];
  const orders: string[] = [];
  const runBuildVm: CustomizeDisk = async ({ slot, payload, onLine }) => {
    orders.push(await readFile(join(payload, 'recipe'), 'utf8'));
    onLine(`\u001B[1mthis is ${slot}\u001B[0m\r`);
    if (slot.startsWith('broken')) throw new VirtbsError('image-build-failed', 'the work failed');
  };
  return {
    directory,
    root,
    customized,
    orders,
    async ready(slot, renew = []) {
      const recipes: Record<string, ImageRecipe> = { base: { image_download: { url: base, insecure: true } } };
      for (const [name, recipe] of Object.entries(customized)) recipes[name] = { image_customize: recipe };
      const emit = (event: VirtbsEvent) => void events.push(event);
      const source = { recipes, root, runBuildVm, renew: new Set(renew) };
      const [build] = await buildImages([slot], source, { emit, signal });
      return JSON.parse(await readFile(join(dirname(build?.path ?? ''), 'build.json'), 'utf8')) as BuildRecord;
    },
    made: () => events.splice(0).flatMap((event) => (event.type === 'image-start' ? [event.slot] : [])),
  };
}

void tap.test('an edit makes that image and what stands on it anew, and nothing else does', async (t) => {
  const { directory, customized, ready, made } = await openBench(t);
  const sources = join(directory, 'sources');
  await mkdir(join(sources, 'folder', 'sub'), { recursive: true });
  const script = join(sources, 'script.sh');
  const large = join(sources, 'large');
  const file = join(sources, 'folder', 'sub', 'file');
  await writeFile(script, 'true\n');
  await writeFile(file, 'content\n');
  await truncate(await touch(large), 2 * 1024 ** 2);
  const recipe = ({ argument = 'one', inline = 'true', content = 'text', mode = '0644' } = {}): CustomizeRecipe => ({
    base: 'base',
    scripts: [{ file: script, arguments: [argument] }, { inline }],
    files: [
      { path: '/folder', source: join(sources, 'folder') },
      { path: '/large', source: large },
      { path: '/text', content, mode },
    ],
  });
  customized['lower'] = recipe();
  customized['upper'] = { base: 'lower' };
  customized['beside'] = { base: 'base' };
  const build = async () => {
    await ready('beside');
    await ready('upper');
    return made();
  };
  t.strictSame(await build(), ['base', 'beside', 'lower', 'upper']);
  t.strictSame(await build(), []);

  let current = {};
  const change = (to: Parameters<typeof recipe>[0]): void => {
    current = { ...current, ...to };
    customized['lower'] = recipe(current);
  };
  const edits: Readonly<Record<string, () => Promise<void> | void>> = {
    'a script': () => writeFile(script, 'false\n'),
    'an argument': () => change({ argument: 'two' }),
    'a text to run': () => change({ inline: 'false' }),
    'a file in a folder': () => writeFile(file, 'CONTENT\n'),
    'the mode of a file in a folder': () => chmod(file, 0o600),
    'the name of a file in a folder': () => rename(file, `${file}2`),
    'a large file': () => writeFile(large, Buffer.alloc(2 * 1024 ** 2, 1)),
    'a text': () => change({ content: 'other' }),
    'a given mode': () => change({ mode: '0600' }),
    'a package': () => void (customized['lower'] = { ...recipe(current), packages: ['a'] }),
  };
  for (const [what, edit] of Object.entries(edits)) {
    await edit();
    t.strictSame(await build(), ['lower', 'upper'], what);
    t.strictSame(await build(), [], 'once');
  }
  customized['lower'] = recipe();
  await build();
  await ready('base', ['base']);
  made();
  t.strictSame(await build(), [], 'a base that comes out the same is the same');
  await ready('lower', ['lower']);
  t.strictSame([made(), await build()], [['lower'], []], 'so is a customized one');
});

void tap.test('sources can be moved, and large ones are not read while they look the same', async (t) => {
  const { directory, customized, ready, made } = await openBench(t);
  const old = join(directory, 'old');
  const moved = join(directory, 'moved');
  await mkdir(old);
  await writeFile(join(old, 'script.sh'), 'true\n');
  const writeLarge = async (content: number): Promise<void> => {
    await writeFile(join(old, 'large'), Buffer.alloc(1024 ** 2, content));
    await utimes(join(old, 'large'), 1_700_000_000, 1_700_000_000);
  };
  await writeLarge(1);
  const recipe = (folder: string): CustomizeRecipe => ({
    base: 'base',
    scripts: [join(folder, 'script.sh')],
    files: [{ path: '/large', source: join(folder, 'large') }],
  });
  customized['test'] = recipe(old);
  const { build, sources } = await ready('test');
  t.match(sources, [{ path: join(old, 'large'), size: 1024 ** 2 }]);
  await cp(old, moved, { recursive: true, preserveTimestamps: false });
  customized['test'] = recipe(moved);
  made();
  t.equal((await ready('test')).build, build);
  t.strictSame(made(), []);

  customized['test'] = recipe(old);
  await writeLarge(2);
  await ready('test');
  t.strictSame(made(), [], 'a change that size and time do not show is not looked for');
});

void tap.test('a record tells what an image stands on; long chains and flat images stand alone', async (t) => {
  const { root, customized, ready } = await openBench(t);
  const slots = ['base', 'two', 'three', 'four', 'five', 'six'];
  for (const [index, slot] of slots.entries()) if (index > 0) customized[slot] = { base: slots[index - 1] ?? '' };
  const backing = async (slot: string): Promise<unknown> => {
    const { build, base } = await ready(slot);
    const { stdout } = await runProgram('qemu-img', [
      'info',
      '--output=json',
      join(root, 'images', slot, build, 'disk.qcow2'),
    ]);
    const info = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
    t.equal(info['backing-filename'], base && `../../${base.slot}/${base.build}/disk.qcow2`, slot);
    return base?.slot;
  };
  t.strictSame(await Promise.all(slots.slice(1).map(backing)), ['base', 'two', 'three', undefined, 'five']);
  customized['flat'] = { base: 'three', flatten: true, size: 128 * 1024 ** 2 };
  t.equal(await backing('flat'), undefined);
  t.match(await ready('flat'), { virtualSize: 128 * 1024 ** 2 });
});

void tap.test('a build that fails leaves its log, which the message names, and nothing else', async (t) => {
  const { root, customized, ready } = await openBench(t);
  customized['broken'] = { base: 'base' };
  const { code, message } = await virtbsFailure(ready('broken'));
  t.equal(code, 'image-build-failed');
  const [, log = ''] =
    /^image broken: the work failed\nthis is broken\nall that it said is in (.+)$/.exec(message) ?? [];
  t.equal(dirname(log), join(root, 'logs'));
  t.equal(await readFile(log, 'utf8'), 'this is broken\nthe work failed\n', 'without control characters');
  t.strictSame(await readdir(join(root, 'images')), ['base']);
});

void tap.test('what cannot be is said, and where', async (t) => {
  const { directory, customized, ready, made } = await openBench(t);
  customized['small'] = { base: 'base', size: 1024 ** 2 };
  customized['tag'] = { base: 'base', base_tag: 'passed' };
  customized['script'] = { base: 'base', scripts: [join(directory, 'none.sh')] };
  customized['file'] = { base: 'base', files: [{ path: '/x', source: '/dev/null' }] };
  t.match(await virtbsFailure(ready('tag')), { code: 'image-unknown', message: 'image base has no tag "passed"' });
  t.strictSame(made(), [], 'a tag is never built');
  t.match(await virtbsFailure(ready('small')), {
    message: /^image small: size: 1048576 bytes are less than the 67108864/,
  });
  t.match(await virtbsFailure(ready('script')), {
    code: 'file-unreadable',
    message: /^image script: the script .*none\.sh cannot be read: ENOENT/,
  });
  t.match(await virtbsFailure(ready('file')), {
    message: /^image file: the file \/dev\/null cannot be read: .*neither/,
  });
});

void tap.test('orders are one shell word each, whatever is in them', async (t) => {
  const { customized, ready, orders } = await openBench(t);
  customized['test'] = {
    base: 'base',
    packages: ['one', 'two'],
    scripts: [{ inline: 'true', arguments: ["it's", 'two\nlines', '$HOME', ''] }],
    files: [{ path: '/a b', content: '' }],
  };
  await ready('test');
  t.strictSame(orders, [`files\npackages one two\nscript 1 inline-1 'it'\\''s' 'two\nlines' '$HOME' ''\nlast\n`]);
});

async function touch(path: string): Promise<string> {
  await writeFile(path, '');
  return path;
}
