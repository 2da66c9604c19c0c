import { appendFile, writeFile } from 'node:fs/promises';
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
