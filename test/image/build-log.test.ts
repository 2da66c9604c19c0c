import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { openBuildLog } from '../../src/image/build-log.js';

t.test('a log takes only so much of the disk; the last lines are known all the same', async (t) => {
  const root = t.testdir({});
  const path = join(root, 'build.log');
  const told: string[] = [];
  {
    const emit: Parameters<typeof openBuildLog>[0]['emit'] = (event) =>
      void (event.type === 'image-log' && told.push(event.line));
    await using log = openBuildLog({ root, slot: 'test', path, emit, most: 12 });
    for (const line of ['first', 'second', 'third', 'fourth']) log.write(line);
    t.strictSame(log.lastLines(), ['first', 'second', 'third', 'fourth']);
  }
  t.equal(await readFile(path, 'utf8'), 'first\n[virtbs: the rest is left out here]\n');
  t.equal(told.length, 4, 'who watches sees all');
});
