import { chmod, mkdir, readdir, readFile, rename, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import tap, { type Test } from 'tap';
import type { VirtbsEvent } from '../../src/events.js';
import { readyImage } from '../../src/image/ready-image.js';
import type { ReadyImageOptions } from '../../src/image/ready-image-options.js';
import type { ScriptRecipe } from '../../src/config/image-recipe.js';
import type { ImageBuild } from '../../src/image/types.js';
import { isRunning } from '../process/is-running.js';
import { noQemuImg } from './no-qemu-img.js';
import { virtbsFailure } from './virtbs-failure.js';

const { signal } = new AbortController();

const current = (options: ReadyImageOptions): Promise<ImageBuild> =>
  readyImage({ slot: 'test', tag: 'default' }, options);

const SCRIPT = `#!/bin/sh
set -e
echo "building $2"
echo "a warning" >&2
size=$2
[ "$size" != 0 ] || size=1G
qemu-img create -q -f qcow2 "$1/disk.qcow2" "$size"
echo kernel > "$1/kernel"
echo initrd > "$1/initrd"
echo "console=ttyS0 root=/dev/vda" > "$1/cmdline"
`;

async function openMini(t: Test, script = SCRIPT) {
  const directory = t.testdir({ root: {}, mini: { build: script, init: 'one' } });
  const miniDirectory = join(directory, 'mini');
  await chmod(join(miniDirectory, 'build'), 0o755);
  const events: VirtbsEvent[] = [];
  const emit = (event: VirtbsEvent) => void events.push(event);
  const root = join(directory, 'root');
  const options = { recipes: { test: { mini: {} } }, root, miniDirectory, emit, signal };
  return { options, events, miniDirectory, root };
}

void tap.test(
  'the built image has a kernel of its own, and is built again when a file of its script changes',
  { skip: noQemuImg },
  async (t) => {
    const { options, events, miniDirectory, root } = await openMini(t);
    const first = await current(options);
    const directory = join(root, 'images', 'test', first.build);
    t.strictSame(first, {
      slot: 'test',
      build: first.build,
      path: join(directory, 'disk.qcow2'),
      format: 'qcow2',
      virtualSize: 1024 ** 3,
      boot: {
        kernel: join(directory, 'kernel'),
        initrd: join(directory, 'initrd'),
        cmdline: 'console=ttyS0 root=/dev/vda',
      },
    });
    t.strictSame((await readdir(directory)).sort(), ['build.json', 'build.log', 'disk.qcow2', 'initrd', 'kernel']);
    t.strictSame(events.map((event) => (event.type === 'image-log' ? event.line : event.type)).sort(), [
      'a warning',
      'building 0',
      'image-ready',
      'image-start',
    ]);
    t.match(events[0], { action: 'build' });
    t.match(await readFile(join(directory, 'build.log'), 'utf8'), /^(building 0\na warning|a warning\nbuilding 0)\n$/);
    events.length = 0;
    const started = performance.now();
    t.strictSame(await current(options), first);
    t.comment(`${(performance.now() - started).toFixed(2)} ms when it is there`);
    t.strictSame(events, []);
    await writeFile(join(miniDirectory, 'init'), 'two');
    t.not((await current(options)).build, first.build);
    const sized = await current({ ...options, recipes: { test: { mini: { size: 64 * 1024 * 1024 } } } });
    t.equal(sized.virtualSize, 64 * 1024 * 1024);
    t.ok(events.some((event) => event.type === 'image-log' && event.line === 'building 67108864'));
  },
);

void tap.test(
  'an image with packages has a script of its own, and is built again when either changes',
  { skip: noQemuImg },
  async (t) => {
    const { options, events, miniDirectory } = await openMini(t);
    const folder = join(miniDirectory, '..', 'mini-packages');
    await mkdir(folder);
    await writeFile(join(folder, 'build'), `${SCRIPT}shift 2\necho "with $*"\n`);
    await chmod(join(folder, 'build'), 0o755);
    const build = async (...packages: readonly string[]): Promise<string> =>
      (await current({ ...options, recipes: { test: { mini: { packages } } } })).build;
    const lines = (): readonly string[] => events.flatMap((event) => (event.type === 'image-log' ? event.line : []));
    const first = await build('one', 'two');
    t.ok(lines().includes('with one two'));
    t.equal(await build('one', 'two'), first);
    t.not(await build('one'), first);
    await writeFile(join(folder, 'more'), '');
    const second = await build('one', 'two');
    t.not(second, first, 'its own script changed');
    await writeFile(join(miniDirectory, 'init'), 'two');
    t.not(await build('one', 'two'), second, 'the script of mini changed');
    events.length = 0;
    await build();
    t.notMatch(lines().join(), 'with', 'without packages it is mini');
  },
);

void tap.test('a script that fails is told with its last lines and leaves nothing', async (t) => {
  const failing =
    '#!/bin/sh\nfor i in $(seq 30); do echo "line $i"; done\necho half > "$1/disk.qcow2"\necho "no dropbear" >&2\nexit 3\n';
  const { options, root } = await openMini(t, failing);
  const error = await virtbsFailure(current(options));
  t.match(error, {
    code: 'image-build-failed',
    message: /mini\/build failed:\n(?:line|no) [^]*\nall that it said is in \S+\/root\/logs\/image-test-\S+\.log$/,
    hint: /last lines/,
  });
  t.match(error.message, 'no dropbear');
  t.notMatch(error.message, 'line 18\n');
  const [, log = ''] = /is in (\S+)$/.exec(error.message) ?? [];
  t.match(await readFile(log, 'utf8'), /^line 1\nline 2\n[^]*^line 30$/m);
  t.strictSame(await readdir(join(root, 'images')), []);
});

void tap.test('a script that makes less than it should, or is missing, is told', async (t) => {
  const { options, miniDirectory } = await openMini(t, '#!/bin/sh\n: > "$1/disk.qcow2"\n');
  t.match(await virtbsFailure(current(options)), {
    code: 'image-build-failed',
    message: /ended well, but \S+disk\.qcow2 is empty/,
  });
  await writeFile(join(miniDirectory, 'build'), '#!/bin/sh\nln -s /etc/hostname "$1/disk.qcow2"\n');
  t.match(await virtbsFailure(current(options)), {
    code: 'image-build-failed',
    message: /disk\.qcow2 is no plain file/,
  });
  await unlink(join(miniDirectory, 'build'));
  t.match(await virtbsFailure(current(options)), { code: 'image-build-failed', message: /mini\/build is not there/ });
  t.match(await virtbsFailure(current({ ...options, miniDirectory: '/nonexistent' })), { code: 'image-build-failed' });
});

void tap.test('an interruption ends the script and all that it has started', async (t) => {
  const { options, root } = await openMini(t, '#!/bin/sh\nsleep 60 &\necho "$!"\nwait\necho woken\n');
  const controller = new AbortController();
  const pids: number[] = [];
  const emit = (event: VirtbsEvent) => {
    if (event.type !== 'image-log') return;
    pids.push(Number(event.line));
    controller.abort();
  };
  t.match(await virtbsFailure(current({ ...options, emit, signal: controller.signal })), {
    code: 'cancelled',
    message: 'image test: interrupted',
  });
  t.strictSame(await readdir(join(root, 'images')), []);
  t.equal(pids.length, 1);
  for (const pid of pids) t.notOk(await isRunning(pid));
});

async function openScript(t: Test, files: Readonly<Record<string, string>>, recipe: Partial<ScriptRecipe> = {}) {
  const directory = t.testdir({ root: {}, scripts: files });
  const script = join(directory, 'scripts', 'make');
  await chmod(script, 0o755);
  const root = join(directory, 'root');
  const recipes = { test: { image_script: { script, ...recipe } } };
  const lines: string[] = [];
  const emit = (event: VirtbsEvent) => {
    if (event.type === 'image-log') lines.push(event.line);
  };
  return { options: { recipes, root, emit, signal }, lines, scripts: join(directory, 'scripts'), root };
}

void tap.test('a script is given its arguments as they are, its folder and a clean environment', async (t) => {
  const make = `#!/bin/sh
truncate -s 1M "$1/disk.raw"
cat beside
shift
for word; do echo "<$word>"; done
env | sort
`;
  const { options, lines, root } = await openScript(
    t,
    { make, beside: 'a file beside\n' },
    { arguments: ['a b', '$HOME', '', '*'], size: 5_000_000 },
  );
  process.env['VIRTBS_SECRET'] = 'secret';
  t.teardown(() => delete process.env['VIRTBS_SECRET']);
  const build = await current(options);
  t.strictSame(lines.slice(0, 6), ['a file beside', '<5000000>', '<a b>', '<$HOME>', '<>', '<*>']);
  t.ok(lines.includes('LANG=C.UTF-8'));
  t.ok(lines.some((line) => /^PATH=.*\/usr\/sbin/.test(line)));
  t.notMatch(lines.join('\n'), 'SECRET');
  t.match(build, { format: 'raw', virtualSize: 1024 * 1024 });
  t.strictSame(Object.keys(build).includes('boot'), false, 'it boots from its disk');
  t.strictSame((await readdir(join(root, 'images', 'test', build.build))).sort(), [
    'build.json',
    'build.log',
    'disk.raw',
  ]);
});

void tap.test('what a script leaves besides its image is removed, and its own folder is left alone', async (t) => {
  const make = `#!/bin/sh
truncate -s 1M "$1/disk.raw"
mkdir -p "$1/work/deep"; echo x > "$1/work/deep/file"; ln -s /etc/passwd "$1/link"
`;
  const { options, root } = await openScript(t, { make });
  const { build } = await current(options);
  t.strictSame((await readdir(join(root, 'images', 'test', build))).sort(), ['build.json', 'build.log', 'disk.raw']);
});

void tap.test(
  'a build is made anew when a file beside its script or below changes, wherever the folder is',
  async (t) => {
    const make =
      '#!/bin/sh\ntruncate -s 1M "$1/disk.raw"\ncat below/part > "$1/disk.raw"; truncate -s 1M "$1/disk.raw"\n';
    const { options, scripts, root } = await openScript(t, { make });
    await mkdir(join(scripts, 'below'));
    await writeFile(join(scripts, 'below', 'part'), '\0one');
    const first = await current(options);
    t.strictSame(await current(options), first);
    await writeFile(join(scripts, 'below', 'part'), '\0two');
    t.not((await current(options)).build, first.build);
    await writeFile(join(scripts, 'below', 'part'), '\0one');
    const moved = join(root, '..', 'moved');
    await rename(scripts, moved);
    const recipes = { test: { image_script: { script: join(moved, 'make') } } };
    t.strictSame(await current({ ...options, recipes }), first);
    const others = { test: { image_script: { script: join(moved, 'make'), arguments: ['x'] } } };
    t.not((await current({ ...options, recipes: others })).build, first.build, 'arguments count');
  },
);

void tap.test('a script that lies among too many other files is refused before they are read', async (t) => {
  const { options, scripts } = await openScript(t, { make: '#!/bin/sh\n' });
  await truncate(await writeEmpty(join(scripts, 'huge')), 10 * 1024 ** 4);
  t.match(await virtbsFailure(current(options)), {
    code: 'image-build-failed',
    message: /scripts, the folder of its script, holds more than 1000 files or 16 MiB/,
    hint: /folder of its own/,
  });
  await unlink(join(scripts, 'huge'));
  await Promise.all(Array.from({ length: 1001 }, async (_, index) => writeEmpty(join(scripts, String(index)))));
  t.match(await virtbsFailure(current(options)), { code: 'image-build-failed', message: /more than 1000 files/ });
});

void tap.test('what is no image of its own is refused', { skip: noQemuImg }, async (t) => {
  const cases: readonly (readonly [script: string, expected: object])[] = [
    ['true', { code: 'image-build-failed', message: /neither disk\.qcow2 nor disk\.raw/ }],
    ['touch "$1/disk.raw" "$1/disk.qcow2"', { code: 'image-build-failed', message: /both disk\.qcow2 and disk\.raw/ }],
    ['ln -s /etc/passwd "$1/disk.raw"', { code: 'image-build-failed', message: /disk\.raw is no plain file/ }],
    ['mkfifo "$1/disk.raw"', { code: 'image-build-failed', message: /disk\.raw is no plain file/ }],
    [
      'truncate -s 1M "$1/disk.raw"; echo > "$1/kernel"',
      { code: 'image-build-failed', message: /initrd and \S+cmdline is/ },
    ],
    ['echo "no image" > "$1/disk.raw"', { code: 'image-corrupt', message: /make the file is a text/ }],
    ['truncate -s 1M "$1/disk.qcow2"', { code: 'image-corrupt', message: /the image is raw, the recipe says qcow2/ }],
    [
      'truncate -s 1M "$1/base"; qemu-img create -q -f qcow2 -F raw -b "$1/base" "$1/disk.qcow2"',
      { code: 'image-corrupt', message: /has a backing file/ },
    ],
  ];
  for (const [line, expected] of cases) {
    const { options, root } = await openScript(t, { make: `#!/bin/sh\n${line}\n` });
    t.match(await virtbsFailure(current(options)), expected, line);
    t.strictSame(await readdir(join(root, 'images')), [], 'nothing is left');
  }
});

void tap.test('a script that is missing, no file or not executable is told', async (t) => {
  const { options, scripts } = await openScript(t, { make: '#!/bin/sh\n' });
  await chmod(join(scripts, 'make'), 0o644);
  t.match(await virtbsFailure(current(options)), { message: /make cannot be executed/, hint: /^chmod \+x \S+make$/ });
  await writeFile(join(scripts, 'make'), '#!/no/such/shell\n');
  await chmod(join(scripts, 'make'), 0o755);
  t.match(await virtbsFailure(current(options)), { code: 'program-missing', message: /make/ });
  await unlink(join(scripts, 'make'));
  t.match(await virtbsFailure(current(options)), { code: 'image-build-failed', message: /make is not there/ });
  await symlink('/', join(scripts, 'make'));
  t.match(await virtbsFailure(current(options)), { code: 'image-build-failed', message: /make is no file/ });
});

async function writeEmpty(path: string): Promise<string> {
  await writeFile(path, '');
  return path;
}
