import { chmod, readdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import tap, { type Test } from 'tap';
import type { VirtbsEvent } from '../../src/events.js';
import { readyImage, type ReadyImageOptions } from '../../src/image/ready-image.js';
import type { ImageBuild } from '../../src/image/types.js';
import { virtbsFailure } from './virtbs-failure.js';

const { signal } = new AbortController();

const current = (options: ReadyImageOptions): Promise<ImageBuild> =>
  readyImage({ slot: 'test', tag: 'default' }, options);

const SCRIPT = `#!/bin/sh
set -e
echo "building $2"
echo "a warning" >&2
qemu-img create -q -f qcow2 "$1/disk.qcow2" "\${2:-1G}"
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
    t.strictSame((await readdir(directory)).sort(), ['build.json', 'disk.qcow2', 'initrd', 'kernel']);
    t.strictSame(events.map((event) => (event.type === 'image-log' ? event.line : event.type)).sort(), [
      'a warning',
      'building ',
      'image-ready',
      'image-start',
    ]);
    t.match(events[0], { action: 'build' });
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

void tap.test('a script that fails is told with its last lines and leaves nothing', async (t) => {
  const failing =
    '#!/bin/sh\nfor i in $(seq 30); do echo "line $i"; done\necho half > "$1/disk.qcow2"\necho "no dropbear" >&2\nexit 3\n';
  const { options, root } = await openMini(t, failing);
  const error = await virtbsFailure(current(options));
  t.match(error, {
    code: 'image-build-failed',
    message: /mini\/build failed:\nline 22\n[^]*line 30/,
    hint: /last lines/,
  });
  t.match(error.message, 'no dropbear');
  t.notMatch(error.message, 'line 20');
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

void tap.test('an interruption ends the script', async (t) => {
  const { options, root } = await openMini(t, '#!/bin/sh\necho started\nexec sleep 60\n');
  const controller = new AbortController();
  const emit = (event: VirtbsEvent) => {
    if (event.type === 'image-log') controller.abort();
  };
  t.match(await virtbsFailure(current({ ...options, emit, signal: controller.signal })), {
    code: 'cancelled',
    message: 'image test: interrupted',
  });
  t.strictSame(await readdir(join(root, 'images')), []);
});
