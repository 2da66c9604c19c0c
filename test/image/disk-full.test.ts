import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import tap from 'tap';
import { readyImage } from '../../src/image/ready-image.js';
import { runProgram } from '../../src/process/run-program.js';
import { noLab } from '../e2e/run-virtbs.js';
import { hexDigest } from './disk-images.js';
import { startImageServer } from './image-server.js';
import { listTree } from './list-tree.js';
import { serveRanges } from './serve-ranges.js';
import { virtbsFailure } from './virtbs-failure.js';

const MIB = 1024 * 1024;

void tap.test('a disk that is full is told, and the store is as before', { skip: noLab }, async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'virtbs-full-'));
  await runProgram('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', root]);
  t.teardown(async () => {
    await runProgram('umount', [root]);
    await rmdir(root);
  });
  await mkdir(join(root, 'downloads'));
  const server = await startImageServer();
  t.teardown(() => server.close());
  const raw = randomBytes(16 * MIB);
  // The first fills the disk as its own part, the second with the image beside the part, the third without a part.
  const served = {
    'disk.raw': { bytes: raw, resource: serveRanges(raw).resource },
    'disk.raw.gz': { bytes: gzipSync(raw), resource: serveRanges(gzipSync(raw)).resource },
    'unnamed.raw': { bytes: raw, resource: raw },
  };
  for (const [name, { bytes, resource }] of Object.entries(served)) {
    server.resources[`/${name}`] = resource;
    const url = `${server.url}/${name}`;
    const recipes = {
      small: { image_download: { url: `${server.url}/small.raw`, insecure: true } },
      test: { image_download: { url, sha256: hexDigest('sha256', bytes) } },
    };
    server.resources['/small.raw'] = Buffer.alloc(MIB, 1);
    const options = { recipes, root, emit: () => undefined, signal: new AbortController().signal };
    await readyImage({ slot: 'small', tag: 'default' }, options);
    const before = (await listTree(root)).filter((line) => !line.startsWith('locks'));
    const error = await virtbsFailure(readyImage({ slot: 'test', tag: 'default' }, options));
    t.match(error, {
      code: 'not-enough-disk',
      exitCode: 1,
      message: /^image test: no space left: ENOSPC/,
      hint: /free some space/,
    });
    t.strictSame(
      (await listTree(root)).filter((line) => !line.startsWith('locks')),
      before,
      name,
    );
  }
});
