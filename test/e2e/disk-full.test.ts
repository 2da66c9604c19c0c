import { cp, mkdir, mkdtemp, open, readdir, rmdir, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { runProgram } from '../../src/process/run-program.js';
import { noLab, run, runVirtbs, type Ending } from './run-virtbs.js';

/** Fills a file system to the last byte. */
async function fill(root: string, name: string): Promise<void> {
  await using file = await open(join(root, name), 'w');
  for (const size of [2 ** 20, 4096, 1]) {
    while ((await file.write(Buffer.alloc(size)).catch(() => null)) !== null);
  }
}

t.test('what frees space works on a full disk, under a standing slice', { skip: noLab }, async (t) => {
  const directory = t.testdir();
  const root = await mkdtemp(join(tmpdir(), 'virtbs-full-'));
  await runProgram('mount', ['-t', 'tmpfs', '-o', 'size=900m', 'tmpfs', root]);
  t.teardown(async () => {
    await runProgram('umount', [root]);
    await rmdir(root);
  });
  await mkdir(join(root, 'images'));
  await cp('/srv/virtbs/images/mini', join(root, 'images/mini'), { recursive: true, verbatimSymlinks: true });
  const virtbs = (...args: readonly string[]): Promise<Ending> =>
    runVirtbs(directory, '--root', root, '-s', '5', ...args);
  const cycled = await virtbs('cycle', '--checkpoint=yes', 'roles', 'plain');
  t.equal(cycled.code, 0, cycled.stderr);
  t.equal((await virtbs('image', 'gc')).code, 0, 'the locks of the library are there, as on every root that was used');
  const verbs = [
    ['stop', '--force'],
    ['checkpoint', 'rm', '--all'],
    ['image', 'gc'],
    ['image', 'rm', 'mini'],
    ['wipe'],
    ['image', 'rm', 'mini'],
  ];
  for (const [index, verb] of verbs.entries()) {
    await fill(root, `filler-${index}`);
    t.equal((await statfs(root)).bavail, 0);
    const ended = await virtbs(...verb);
    if (verb[1] === 'rm' && index === 3)
      t.match(ended, { code: 1, stderr: /in use|stands on/ }, 'it is in use, and not full');
    else t.match(ended, { code: 0 }, `${verb.join(' ')}: ${ended.stderr}`);
    t.notMatch(ended.stderr, /ENOSPC|No space/);
  }
  t.strictSame((await run(directory, ['virsh', '-q', 'list', '--all', '--name'])).stdout.trim(), '');
  t.strictSame(await readdir(join(root, 'slices')), []);
  t.strictSame(await readdir(join(root, 'checkpoints')), []);
});
