import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { POLICY } from '../../../src/ci/page/layout.js';
import { PAGE_NAMES } from '../../../src/ci/page/page-names.js';
import { writePages } from '../../../src/ci/page/write-pages.js';
import { busyAfternoon, HOSTILE, makeSample } from './sample-ci.js';

/** A log whose name is special in HTML, in addresses and as a file. */
const ODD = 'big & <odd>.log.gz';

const folder = t.testdir();
const logs = join(folder, 'logs');
const store = await makeSample(folder, busyAfternoon().slice(-10));
t.teardown(() => store[Symbol.asyncDispose]());
await writeFile(join(folder, 'secret'), 'secret');
await symlink(join(folder, 'secret'), join(logs, '5', 'link.log'));
await writeFile(join(logs, '5', ODD), gzipSync(Array.from({ length: 30_000 }, (_, at) => `line ${at + 1}`).join('\n')));
await writeFile(join(logs, '5', 'disk.img'), Buffer.alloc(1000));
// What a run could take for the names of pages, and files that were there before.
const taken = join(logs, '5', 'controller-1');
await mkdir(join(taken, 'index.html'));
for (const name of ['console.log.view.html', 'console.log.html', 'index.html/index.html', 'n'.repeat(255)]) {
  await writeFile(join(taken, name), HOSTILE);
  await utimes(join(taken, name), 4e9, 4e9);
}
await writeFile(Buffer.concat([Buffer.from(`${taken}/`), Buffer.from([0xff, 0xfe])]), 'no text is its name');
const first = await writePages({ store, folder: logs });

/** All else below the folder of a run is the run's. */
async function ourPages(): Promise<readonly string[]> {
  const names = await readdir(logs, { recursive: true });
  return names.filter((name) => name.endsWith('.html') && (!/^\d/.test(name) || /^\d+\/index\.html$/.test(name)));
}

t.test('each page has the policy, and nothing of a change or a log is more than text', async (t) => {
  const names = await ourPages();
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
  for (const name of await ourPages()) {
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
  t.match(text, `../${PAGE_NAMES.view(5, 'job.log')}`);
  t.match(text, `../${PAGE_NAMES.view(5, ODD)}`);
  t.match(text, '"disk.img"');
  t.notMatch(text, 'link.log');
  const view = await readFile(join(logs, PAGE_NAMES.view(5, ODD)), 'utf8');
  t.match(view, 'id="L1"');
  t.match(view, 'id="L30000"');
  t.match(view, /1\d{4} lines are left out/);
});

t.test('no file of a run is taken for a page, whatever its name and its time', async (t) => {
  const run = await readFile(join(logs, '5', 'index.html'), 'utf8');
  for (const name of ['console.log', 'console.log.view.html', 'index.html/index.html', 'n'.repeat(255)]) {
    const log = `controller-1/${name}`;
    t.match(run, `href="../${PAGE_NAMES.view(5, log)}"`, name);
    const view = await readFile(join(logs, PAGE_NAMES.view(5, log)), 'utf8');
    t.match(view, name === 'console.log' ? 'kernel line 199' : '&lt;script&gt;window.hurt', name);
  }
});

t.test('pages are written by several at once', async (t) => {
  const elsewhere = join(folder, 'elsewhere');
  const written = await Promise.all([1, 2, 3].map(async () => await writePages({ store, folder: elsewhere })));
  t.equal(written.filter((each) => each.written === each.pages).length, 1, 'one after the other');
  t.match(await readFile(join(elsewhere, 'index.html'), 'utf8'), '2 running');
});

t.test('only what has changed is written again', async (t) => {
  t.ok(first.written > 20);
  const again = await writePages({ store, folder: logs, since: new Date(Date.now() + 1000).toISOString() });
  t.ok(again.pages < first.pages, `${again.pages} of ${first.pages}`);
  t.match(await readFile(join(logs, 'index.html'), 'utf8'), '2 running, 2 queued');
  const all = await writePages({ store, folder: logs });
  t.equal(all.pages, first.pages);
  t.ok(all.written < 10, `${all.written} pages of what is not over have another time`);
});
