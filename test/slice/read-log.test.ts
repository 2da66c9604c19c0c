import { appendFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { readLog } from '../../src/slice/read-log.js';

async function read(path: string, lines?: number): Promise<string> {
  const { signal } = new AbortController();
  let text = '';
  for await (const chunk of readLog(path, { follow: false, signal, ...(lines !== undefined && { lines }) })) {
    text += Buffer.from(chunk).toString();
  }
  return text;
}

t.test('a log is read whole, or its last lines', async (t) => {
  const path = join(t.testdir({ log: 'one\ntwo\nthree\n', open: 'one\ntwo', empty: '' }), 'log');
  t.equal(await read(path), 'one\ntwo\nthree\n');
  t.equal(await read(path, 2), 'two\nthree\n');
  t.equal(await read(path, 3), 'one\ntwo\nthree\n');
  t.equal(await read(path, 9), 'one\ntwo\nthree\n');
  t.equal(await read(path, 0), '');
  const open = path.replace(/log$/, 'open');
  t.equal(await read(open, 1), 'two');
  t.equal(await read(open, 2), 'one\ntwo');
  t.equal(await read(path.replace(/log$/, 'empty'), 2), '');
  await t.rejects(read('/nowhere/log'), { code: 'file-unreadable', message: /^\/nowhere\/log: / });
});

t.test('the last lines of a long log are found whatever their length, without reading all of it', async (t) => {
  const path = join(t.testdir({}), 'log');
  const lines = ['x'.repeat(200_000), 'y'.repeat(65_535), '', 'z'.repeat(70_000), 'end'];
  await writeFile(path, `${lines.join('\n')}\n`);
  for (const count of [0, 1, 2, 3, 4, 5, 6]) {
    t.ok(
      (await read(path, count)) ===
        lines
          .slice(lines.length - Math.min(count, 5))
          .map((line) => `${line}\n`)
          .join(''),
      `${count} lines`,
    );
  }
  await writeFile(path, 'short\n');
  await truncate(path, 8 * 1024 ** 3);
  await appendFile(path, '\nlast\n');
  t.equal(await read(path, 1), 'last\n', 'of 8 GiB');
});

t.test('a log that is followed goes on, also where it is begun anew', async (t) => {
  const path = join(t.testdir({ log: 'old\n' }), 'log');
  const end = new AbortController();
  const texts: string[] = [];
  const next = ['more\n', 'anew\n'];
  for await (const chunk of readLog(path, { follow: true, lines: 1, signal: end.signal })) {
    texts.push(Buffer.from(chunk).toString());
    const text = next.shift();
    if (text === 'more\n') await appendFile(path, text);
    else if (text === 'anew\n') await writeFile(path, text);
    else end.abort();
  }
  t.strictSame(texts, ['old\n', 'more\n', 'anew\n']);
});
