import { mkdir, mkdtemp, rmdir, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { lockFile } from '../../src/files/lock-file.js';
import { runProgram } from '../../src/process/run-program.js';
import { noLab } from '../e2e/run-virtbs.js';

const { signal } = new AbortController();

t.test('a lock is held on a disk that is full to the last byte, and excludes others', { skip: noLab }, async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'virtbs-full-'));
  await runProgram('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', root]);
  t.teardown(async () => {
    await runProgram('umount', [root]);
    await rmdir(root);
  });
  await mkdir(join(root, 'locks'));
  const path = join(root, 'locks', 'bs1.lock');
  await (await lockFile(path, { holder: 'cycle', signal }))[Symbol.asyncDispose]();
  await t.rejects(writeFile(join(root, 'filler'), Buffer.alloc(2 ** 21)), { code: 'ENOSPC' });
  t.equal((await statfs(root)).bavail, 0);
  await using _lock = await lockFile(path, { holder: 'wipe', signal });
  await t.rejects(lockFile(path, { holder: 'other', signal, timeout: 0 }), { code: 'locked' });
});
