import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { POLICY } from '../../../src/ci/page/layout.js';
import { writePages } from '../../../src/ci/page/write-pages.js';
import { busyAfternoon, makeSample } from './sample-ci.js';

const folder = t.testdir();
const logs = join(folder, 'logs');
const store = await makeSample(folder, busyAfternoon().slice(-10));
t.teardown(() => store[Symbol.dispose]());
await writeFile(join(folder, 'secret'), 'secret');
await symlink(join(folder, 'secret'), join(logs, '5', 'link.log'));
await writeFile(
  join(logs, '5', 'big & <odd>.log.gz'),
  gzipSync(Array.from({ length: 30_000 }, (_, at) => `line ${at + 1}`).join('\n')),
);
await writeFile(join(logs, '5', 'disk.img'), Buffer.alloc(1000));
const first = await writePages({ store, folder: logs });

t.test('each page has the policy, and nothing of a change or a log is more than text', async (t) => {
  const names = (await readdir(logs, { recursive: true })).filter((name) => name.endsWith('.html'));
  t.ok(names.length > 20, `${names.length} pages`);
  for (const name of names) {
    const text = await readFile(join(logs, name), 'utf8');
    t.match(text, POLICY.replaceAll("'", '&#39;'), name);
    t.notMatch(text, '<script>window', name);
    t.notMatch(text, '<img', name);
    t.notMatch(text, /<[^<>]*\s(?:on\w+|style)\s*=[^<>]*>/, name);
    t.strictSame(
      [...text.matchAll(/(?:src|href)="(?!https:\/\/review\.example\.org|[#.\w%])([^"]*)"/g)].map(
        ([, address]) => address,
      ),
      [],
      name,
    );
  }
});

t.test('every link leads to a file that is there', async (t) => {
  for (const name of (await readdir(logs, { recursive: true })).filter((each) => each.endsWith('.html'))) {
    const text = await readFile(join(logs, name), 'utf8');
    const missing = [...text.matchAll(/(?:src|href)="([^"#]+?)"/g)]
      .map(([, address = '']) => address)
      .filter(
        (address) => !address.startsWith('https:') && !existsSync(join(logs, name, '..', decodeURIComponent(address))),
      );
    t.strictSame(missing, [], name);
  }
});

t.test('logs are listed with a view, what is no text without one, and a link not at all', async (t) => {
  const text = await readFile(join(logs, '5', 'index.html'), 'utf8');
  t.match(text, 'job.log.view.html');
  t.match(text, 'big%20%26%20%3Codd%3E.log.gz.view.html');
  t.match(text, '"disk.img"');
  t.notMatch(text, 'link.log');
  const view = await readFile(join(logs, '5', 'big & <odd>.log.gz.view.html'), 'utf8');
  t.match(view, 'id="L1"');
  t.match(view, 'id="L30000"');
  t.match(view, /1\d{4} lines are left out/);
});

t.test('only what has changed is written again', async (t) => {
  t.ok(first.written > 20);
  const again = await writePages({ store, folder: logs, since: new Date(Date.now() + 1000).toISOString() });
  t.ok(again.pages < first.pages, `${again.pages} of ${first.pages}`);
  t.match(await readFile(join(logs, 'index.html'), 'utf8'), '2 running, 2 queued');
});
