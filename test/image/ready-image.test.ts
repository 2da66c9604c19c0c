import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, readlink, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import tap, { type Test } from 'tap';
import type { VirtbsEvent } from '../../src/events.js';
import { readyImage } from '../../src/image/ready-image.js';
import type { ReadyImageOptions } from '../../src/image/ready-image-options.js';
import type { DownloadRecipe } from '../../src/config/image-recipe.js';
import type { ImageBuild } from '../../src/image/types.js';
import { hexDigest, makeDiskImages, type DiskImages } from './disk-images.js';
import { startImageServer, type ImageServer } from './image-server.js';
import { listTree } from './list-tree.js';
import { virtbsFailure } from './virtbs-failure.js';

const { signal } = new AbortController();
const MODULE = new URL('../../src/image/ready-image.js', import.meta.url).href;

interface Bench {
  readonly root: string;
  readonly slot: string;
  readonly server: ImageServer;
  readonly images: DiskImages;
  readonly recipe: DownloadRecipe;
  readonly options: ReadyImageOptions;
  readonly events: VirtbsEvent[];
}

async function openBench(t: Test): Promise<Bench> {
  const directory = t.testdir({ root: {}, files: {} });
  const root = join(directory, 'root');
  const images = await makeDiskImages(join(directory, 'files'));
  const server = await startImageServer({ '/disk.qcow2': images.qcow2 });
  t.teardown(() => server.close());
  const recipe = { url: `${server.url}/disk.qcow2`, sha256: hexDigest('sha256', images.qcow2) };
  const events: VirtbsEvent[] = [];
  const options = {
    recipes: { test: { image_download: recipe } },
    root,
    emit: (event: VirtbsEvent) => void events.push(event),
    signal,
  };
  return { root, slot: join(root, 'images', 'test'), server, images, recipe, options, events };
}

const current = (options: ReadyImageOptions): Promise<ImageBuild> =>
  readyImage({ slot: 'test', tag: 'default' }, options);

/** Another process that asks for the image and prints the build. */
function startProcess({ root, recipe }: Bench) {
  const recipes = { test: { image_download: recipe } };
  const program = `
    import { readyImage } from ${JSON.stringify(MODULE)};
    const { signal } = new AbortController();
    const options = { recipes: ${JSON.stringify(recipes)}, root: ${JSON.stringify(root)}, signal, emit: () => {} };
    process.stdout.write((await readyImage({ slot: 'test', tag: 'default' }, options)).build);`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
}

void tap.test('a build that is there costs no request, no program, no write and next to no time', async (t) => {
  const { root, server, options, events } = await openBench(t);
  const first = await current(options);
  t.match(events.at(-1), { type: 'image-ready', slot: 'test', build: first.build });
  t.strictSame(server.requests, ['/disk.qcow2']);
  await server.close();
  events.length = 0;
  const { PATH } = process.env;
  process.env['PATH'] = '/nonexistent';
  t.teardown(() => (process.env['PATH'] = PATH));
  await rm(join(root, 'locks'), { recursive: true });
  const before = await listTree(root);
  const times: number[] = [];
  for (let round = 0; round < 20; round++) {
    const started = performance.now();
    t.strictSame(await current(options), first);
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  t.comment(`median ${times[10]?.toFixed(2)} ms`);
  t.strictSame(events, []);
  t.strictSame(await listTree(root), before);
});

void tap.test('a change of the recipe makes a new build and keeps the old one', async (t) => {
  const { slot, server, recipe, images, options } = await openBench(t);
  const first = await current(options);
  const changed = { ...options, recipes: { test: { image_download: { ...recipe, format: 'qcow2' } as const } } };
  const second = await current(changed);
  t.not(second.build, first.build);
  t.equal(await readlink(join(slot, 'tags', 'default')), `../${second.build}`);
  t.ok(images.qcow2.equals(await readFile(first.path)), 'VMs may still run on the old one');
  t.strictSame(await current(options), first, 'back to the recipe of before');
  t.equal(server.requests.length, 2, 'what was built once is not fetched again');
  t.strictSame(
    await current({ ...options, recipes: { test: { image_download: { sha256: recipe.sha256, url: recipe.url } } } }),
    first,
  );
});

void tap.test('a build that lost its disk, a byte of it or its record is made anew', async (t) => {
  const { slot, options, images, server } = await openBench(t);
  const { path, build } = await current(options);
  const damages = [
    () => unlink(path),
    () => truncate(path, images.qcow2.length - 1),
    () => writeFile(join(slot, build, 'build.json'), '{"version":1'),
    () => writeFile(join(slot, build, 'build.json'), '{"version":2}'),
    () => rm(join(slot, build), { recursive: true }),
    () => rm(join(slot, 'tags'), { recursive: true }),
  ];
  for (const damage of damages) {
    await damage();
    t.equal((await current(options)).build, build);
    t.ok(images.qcow2.equals(await readFile(path)));
  }
  t.equal(server.requests.length, damages.length, 'without its tag alone a build is found again');
  t.strictSame((await readdir(slot)).sort(), [build, 'tags'].sort());
});

void tap.test('a tag that people set is followed, and never built', async (t) => {
  const { root, slot, server, options } = await openBench(t);
  const passed = { slot: 'test', tag: 'passed' };
  t.match(await virtbsFailure(readyImage(passed, options)), {
    code: 'image-unknown',
    message: 'image test has no tag "passed"',
    hint: /no tags at all/,
  });
  t.strictSame(await readdir(root), [], 'nothing was made');
  const { build } = await current(options);
  await symlink(`../${build}`, join(slot, 'tags', 'good'));
  const unknown = await virtbsFailure(readyImage(passed, options));
  t.match(unknown, { code: 'image-unknown', hint: 'its tags are default, good' });
  await symlink(`../${build}`, join(slot, 'tags', 'passed'));
  const changed = {
    ...options,
    recipes: { test: { image_download: { url: 'http://nothing.invalid/', insecure: true } } },
  };
  t.equal((await readyImage(passed, changed)).build, build, 'the recipe of today does not matter');
  await rm(join(slot, build), { recursive: true });
  t.match(await virtbsFailure(readyImage(passed, options)), {
    code: 'image-corrupt',
    message: new RegExp(`points to build ${build}, which is missing`),
  });
  t.equal(server.requests.length, 1);
});

void tap.test('names that are none do not leave the store', async (t) => {
  const { root, slot, options, recipe } = await openBench(t);
  t.match(await virtbsFailure(readyImage({ slot: 'debain', tag: 'default' }, options)), {
    code: 'image-unknown',
    message: 'there is no image "debain"',
    hint: 'the configuration has test',
  });
  t.match(await virtbsFailure(readyImage({ slot: 'constructor', tag: 'default' }, options)), { code: 'image-unknown' });
  const odd = { ...options, recipes: { '../x': { image_download: recipe } } };
  t.match(await virtbsFailure(readyImage({ slot: '../x', tag: 'default' }, odd)), { code: 'config-invalid' });
  t.match(await virtbsFailure(readyImage({ slot: 'test', tag: '../../x' }, options)), {
    code: 'image-unknown',
    message: /cannot be the name of a tag/,
  });
  for (const recipes of [{ test: {} }, { test: { mini: {}, image_download: recipe } }]) {
    const miniDirectory = join(root, '..', 'files');
    t.match(await virtbsFailure(current({ ...options, recipes, miniDirectory })), {
      code: 'config-invalid',
      hint: /exactly one/,
    });
  }
  await mkdir(join(slot, 'tags'), { recursive: true });
  await symlink('/etc', join(slot, 'tags', 'default'));
  t.match(await virtbsFailure(current(options)), { code: 'image-corrupt', message: /does not link to a build/ });
});

void tap.test('callers in one process make one transfer', async (t) => {
  const { options, server, events } = await openBench(t);
  const builds = await Promise.all(Array.from({ length: 4 }, () => current(options)));
  t.equal(new Set(builds.map(({ build }) => build)).size, 1);
  t.equal(server.requests.length, 1);
  t.match(
    events.find(({ type }) => type === 'lock-wait'),
    { what: 'image test', holder: new RegExp(`^process ${process.pid}: making image test, since`) },
  );
});

void tap.test('processes make one transfer', async (t) => {
  const bench = await openBench(t);
  const outputs = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const child = startProcess(bench);
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
      await once(child, 'close');
      return text;
    }),
  );
  t.match(outputs[0], /^[0-9a-f]{16}$/);
  t.equal(new Set(outputs).size, 1);
  t.equal(bench.server.requests.length, 1);
});

void tap.test('the work of a killed builder is removed and done by the next', async (t) => {
  const bench = await openBench(t);
  const { slot, server, images, options } = bench;
  const started = new Promise<void>((resolve) => {
    server.resources['/disk.qcow2'] = (_, response) => {
      response.writeHead(200, { 'content-length': images.qcow2.length });
      response.write(images.qcow2.subarray(0, 200_000), () => resolve());
    };
  });
  const child = startProcess(bench);
  t.teardown(() => child.kill('SIGKILL'));
  await started;
  server.resources['/disk.qcow2'] = images.qcow2;
  let waiting: Promise<ImageBuild> | undefined;
  await new Promise<void>((resolve) => {
    const emit = (event: VirtbsEvent) => {
      if (event.type === 'lock-wait') resolve();
    };
    waiting = current({ ...options, emit });
  });
  t.match(await readdir(slot), [/^\.building-/]);
  await mkdir(join(slot, 'tags'), { recursive: true });
  await symlink('../0123456789abcdef', join(slot, 'tags', '.new-0123'));
  child.kill('SIGKILL');
  const { build, path } = await current(options);
  t.equal((await waiting)?.build, build);
  t.ok(images.qcow2.equals(await readFile(path)));
  t.strictSame((await readdir(slot)).sort(), [build, 'tags'].sort());
  t.strictSame(await readdir(join(slot, 'tags')), ['default']);
});

void tap.test('who waits for another’s build can be interrupted', async (t) => {
  const { options, server, root } = await openBench(t);
  const gate = new AbortController();
  const asked = new Promise<void>((resolve) => {
    server.resources['/disk.qcow2'] = (_, response) => void response.writeHead(200).write('QFI', () => resolve());
  });
  const first = virtbsFailure(current({ ...options, signal: gate.signal }));
  await asked;
  const controller = new AbortController();
  const emit = (event: VirtbsEvent) => {
    if (event.type === 'lock-wait') controller.abort();
  };
  t.match(await virtbsFailure(current({ ...options, emit, signal: controller.signal })), { code: 'cancelled' });
  gate.abort();
  t.match(await first, { code: 'cancelled' });
  t.strictSame(await readdir(join(root, 'images')), [], 'the slot never had a build and has no folder');
});

void tap.test('a full disk is an error that leaves the store as it was', async (t) => {
  const { root, recipe } = await openBench(t);
  const program = `
    import { readyImage } from ${JSON.stringify(MODULE)};
    const options = { recipes: { test: { image_download: ${JSON.stringify(recipe)} } }, root: ${JSON.stringify(root)} };
    const { signal } = new AbortController();
    const error = await readyImage({ slot: 'test', tag: 'default' }, { ...options, signal, emit: () => {} }).catch((error) => error);
    const { readdirSync } = await import('node:fs');
    const { code, message, hint } = error;
    process.stdout.write(JSON.stringify({ code, message, hint, left: readdirSync(${JSON.stringify(join(root, 'images'))}) }));`;
  // A mount namespace of its own: the machine does not see the small disk, and it is gone with the process.
  const mount = 'mount -t tmpfs -o size=512k tmpfs "$1" && shift && exec "$@"';
  const args = [
    '--map-root-user',
    '--mount',
    'sh',
    '-c',
    mount,
    'sh',
    root,
    process.execPath,
    '--input-type=module',
    '-e',
    program,
  ];
  const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  await once(child, 'close');
  if (output === '' && /unshare|mount/.test(complaint)) {
    t.comment(`no small disk can be made here: ${complaint}`);
    return;
  }
  t.match(JSON.parse(output), {
    code: 'not-enough-disk',
    message: /^image test: no space left: ENOSPC/,
    hint: /free some space/,
    left: [],
  });
});

void tap.test('a root that cannot be read or written is an error of the user', async (t) => {
  const { options, root } = await openBench(t);
  await writeFile(join(root, 'file'), '');
  const unreadable = await virtbsFailure(current({ ...options, root: join(root, 'file') }));
  t.match(unreadable, {
    code: 'file-unreadable',
    message: /^image test: the tag cannot be read: ENOTDIR/,
    hint: /--root/,
  });
  const unwritable = await virtbsFailure(current({ ...options, root: '/proc/virtbs' }));
  t.match(unwritable, { code: 'file-unwritable', message: /^image test: ENOENT: .*'\/proc\/virtbs'/, hint: /--root/ });
});
