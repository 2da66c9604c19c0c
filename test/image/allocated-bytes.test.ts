import { link, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { allocatedBytes } from '../../src/image/allocated-bytes.js';

t.test('the size of a build stays the same when another one shares its kernel', async (t) => {
  const folder = t.testdir({ one: {}, other: {} });
  const kernel = join(folder, 'one', 'kernel');
  await writeFile(kernel, Buffer.alloc(64 * 1024, 1), { flush: true });
  const before = await allocatedBytes(join(folder, 'one'));
  t.ok(before >= 64 * 1024);
  await link(kernel, join(folder, 'other', 'kernel'));
  t.equal(await allocatedBytes(join(folder, 'one')), before);
});
