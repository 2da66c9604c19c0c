import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, mkdir, utimes, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';
import { createInterface } from 'node:readline';
import { chromium, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { PAGE_NAMES } from '../../../src/ci/page/page-names.js';
import { writePages } from '../../../src/ci/page/write-pages.js';
import { recordResults, runMetadata } from '../../../src/ci/results/record-results.js';
import { ciPaths } from '../../../src/filenames.js';
import { packageDirectory } from '../../../src/package-directory.js';
import { FOCUS_LOOK, PAGE_AUDIT, TAB_STOPS, type FocusLook, type PageAudit } from './page-audit.js';
import { busyAfternoon, HOSTILE, makeSample, sampleTests, type SampleRun } from './sample-ci.js';

async function findProgram(...names: readonly string[]): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    for (const name of names) {
      const path = join(folder, name);
      if (await access(path, constants.X_OK).then(...([() => true, () => false] as const))) return path;
    }
  }
  return undefined;
}

/** A test that did not pass in a run of the sample, by its name. */
const TEST_LIKE = `SELECT tests.test_id AS test FROM tests JOIN test_runs tr ON tr.test_id = tests.id
  WHERE tr.status IN ('fail', 'uxsuccess') AND tests.test_id LIKE ? LIMIT 1`;

/** A run in which all that a change, its tests and its logs say would be more than text. */
const HOSTILE_RUN: SampleRun = {
  ...{ job: 'smoke', number: 666, patchSet: 1, subject: HOSTILE, project: HOSTILE, branch: HOSTILE },
  url: 'javascript:window.hurt=1',
  ...{ state: 'ended', outcome: 'failed', summary: `${HOSTILE}\n${'w'.repeat(3000)}`, ago: 40, minutes: 3 },
  tests: [
    {
      name: `a.${HOSTILE}`,
      status: 'fail',
      seconds: 2,
      reason: HOSTILE,
      details: { [HOSTILE]: HOSTILE, wide: 'w'.repeat(3000) },
    },
    { name: 'n'.repeat(900), status: 'uxsuccess', reason: 'r'.repeat(900) },
    { name: 'b', status: 'skip', reason: HOSTILE },
    { name: 'c', status: 'success', seconds: 4000 },
  ],
  steps: [
    [HOSTILE, 'deploy', 60],
    ['s'.repeat(400), 'test', 100, true],
  ],
  kept: `ssh ${HOSTILE} ${'k'.repeat(400)}`,
};

/** Names of files that a run may leave, and what is in them. */
const HOSTILE_FILES: Readonly<Record<string, string>> = {
  '<img src=x onerror=window.hurt=1>.log': HOSTILE,
  'javascript:window.hurt=1': HOSTILE,
  'https:evil.example?a#b%2f..%2f.log': HOSTILE,
  'page.html': `<!doctype html>${HOSTILE}`,
  'console.log.view.html': `<!doctype html><meta http-equiv="refresh" content="0; url=https://evil.example">${HOSTILE}`,
  'code.js': 'window.hurt=1',
  'a\nb\u202Egol.exe': HOSTILE,
  ['n'.repeat(255)]: HOSTILE,
  'wide.log': `${'w'.repeat(9000)}\n\u001B[31m${HOSTILE}\u001B[0m\n${HOSTILE}\r\n`,
};

// The pages as the programs write and serve them, in a real browser. With VIRTBS_SCREENSHOTS=FOLDER it leaves pictures there.
const executablePath = await findProgram('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable');
const skip = executablePath === undefined ? 'there is no chromium on the PATH' : false;

t.test('the pages in a browser', { skip }, async (t) => await testInBrowser(t, String(executablePath)));

type Open = (name: string, options?: BrowserContextOptions) => Promise<Page>;

async function testInBrowser(t: Test, path: string): Promise<void> {
  const root = t.testdir();
  const { directory, logs } = ciPaths(root);
  const runs = busyAfternoon();
  const store = await makeSample(directory, [...runs, HOSTILE_RUN]);
  t.teardown(() => store[Symbol.asyncDispose]());
  const hostile = runs.length + 1;
  const failed = runs.length - 5;
  const running = runs.length - 3;
  const vm = join(logs, String(hostile), 'controller-1');
  await mkdir(join(vm, 'index.html'));
  await writeFile(join(vm, 'index.html', 'index.html'), HOSTILE);
  for (const [name, content] of Object.entries(HOSTILE_FILES)) {
    await writeFile(join(vm, name), content);
    await utimes(join(vm, name), 4e9, 4e9);
  }
  await writeFile(join(logs, String(failed), 'core.bin'), Buffer.alloc(5000));

  const served = await serve(t, root);
  const browser = await chromium.launch({ executablePath: path });
  t.teardown(() => browser.close());
  /** A test that opens pages; whatever happens on them beside the showing of text is one of the troubles. */
  const onPages = async (title: string, work: (t: Test, open: Open) => Promise<void>): Promise<void> => {
    await t.test(title, async (t) => {
      const contexts: BrowserContext[] = [];
      const troubles: string[] = [];
      const open: Open = async (name, options = {}) => {
        const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
        contexts.push(context);
        const page = await context.newPage();
        watch(context, page, { served, note: (trouble) => void troubles.push(`${name}: ${trouble}`) });
        const answer = await page.goto(new URL(name, served).href);
        t.equal(answer?.status(), 200, name);
        return page;
      };
      try {
        await work(t, open);
      } finally {
        await Promise.all(contexts.map(async (context) => await context.close()));
      }
      t.strictSame(troubles, [], 'nothing happens that should not');
    });
  };
  const testLike = async (pattern: string): Promise<string> =>
    String((await store.first(TEST_LIKE, pattern))?.['test']);
  const pages = {
    index: PAGE_NAMES.index,
    failed: PAGE_NAMES.run(failed),
    running: PAGE_NAMES.run(running),
    hostile: PAGE_NAMES.run(hostile),
    tests: PAGE_NAMES.tests,
    test: PAGE_NAMES.test(await testLike('%attach_detach')),
    'hostile-test': PAGE_NAMES.test(`a.${HOSTILE}`),
    'long-test': PAGE_NAMES.test(await testLike('nnn%')),
    log: PAGE_NAMES.view(failed, 'job.log'),
    'hostile-log': PAGE_NAMES.view(hostile, 'controller-1/wide.log'),
    'named-as-view': PAGE_NAMES.view(hostile, 'controller-1/console.log.view.html'),
  };

  const phone = { width: 360, height: 740 };
  const looks: readonly (readonly [string, BrowserContextOptions])[] = [
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['phone', { colorScheme: 'light', viewport: phone, hasTouch: true, isMobile: true }],
    ['the narrowest', { viewport: { width: 320, height: 600 } }],
  ];
  for (const [look, options] of looks) {
    await onPages(`each page is whole and can be read: ${look}`, async (t, open) => {
      for (const [name, address] of Object.entries(pages)) {
        const page = await open(address, options);
        await picture(page, `${name}-${look}`);
        const { looked, ...wrong } = await page.evaluate<PageAudit>(PAGE_AUDIT);
        t.ok(looked > 10, `${name}: ${looked} texts and shapes`);
        t.strictSame(wrong, { contrast: [], small: [], wide: [], foreign: [], unnamed: [] }, name);
        await picture(page, `${name}-${look}-open`);
      }
    });
  }

  await onPages(
    'it is dark where the reader has it dark, and nothing moves for those who want that',
    async (t, open) => {
      const ground = async (colorScheme: 'light' | 'dark'): Promise<readonly string[]> => {
        const page = await open(pages.index, { colorScheme, reducedMotion: 'reduce' });
        return await page.evaluate<string[]>(
          "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('.dot')).animationName]",
        );
      };
      t.strictSame(await ground('light'), ['rgb(246, 247, 249)', 'none']);
      t.strictSame(await ground('dark'), ['rgb(15, 18, 22)', 'none']);
    },
  );

  await onPages('a page says the same without its script', async (t, open) => {
    for (const [name, address] of Object.entries(pages)) {
      const said: string[] = [];
      for (const javaScriptEnabled of [true, false]) {
        const page = await open(address, { javaScriptEnabled });
        said.push(await page.evaluate<string>('document.body.textContent'));
        if (!javaScriptEnabled) t.strictSame((await page.evaluate<PageAudit>(PAGE_AUDIT)).wide, [], name);
      }
      t.equal(said[0], said[1], name);
      t.ok((said[0] ?? '').length > 100, name);
      t.notMatch(said[0] ?? '', /[\u0080-\u009F]|\u00C2\u00B7/, `${name}: no character is taken for bytes`);
    }
    const page = await open(pages.failed, { javaScriptEnabled: false });
    const output = page.locator('details.test pre').first();
    t.notOk(await output.isVisible());
    await page.locator('details.test summary').first().click();
    t.ok(await output.isVisible(), 'output of a failed test is a click away');
  });

  await onPages('everything is reached by Tab, and it is seen what has the focus', async (t, open) => {
    const kinds = new Set<string>();
    for (const [name, address] of Object.entries(pages)) {
      const page = await open(address, { colorScheme: kinds.size % 2 === 0 ? 'light' : 'dark' });
      // The page as it stands: what a refresh changes is another test's.
      await page.evaluate(
        "document.body.dataset.live = 'no'; for (const each of document.querySelectorAll('details')) each.open = true",
      );
      const stops = await page.evaluate<number>(TAB_STOPS);
      const reached: FocusLook[] = [];
      for (;;) {
        await page.keyboard.press('Tab');
        const look = await page.evaluate<FocusLook | null>(FOCUS_LOOK);
        if (!look || look.again) break;
        reached.push(look);
        if (look.wrong !== '') t.fail(`${name}: ${look.what}: ${look.wrong}`);
        if (kinds.has(look.what)) continue;
        kinds.add(look.what);
        const clip = look.clip;
        const focused = await page.screenshot({ clip, animations: 'disabled' });
        await page.evaluate('window.held = document.activeElement; held.blur()');
        const without = await page.screenshot({ clip, animations: 'disabled' });
        await page.evaluate('held.focus({ focusVisible: true, preventScroll: true })');
        t.notOk(focused.equals(without), `${name}: ${look.what}: the focus is seen`);
      }
      t.equal(reached.length, stops, `${name}: all that can be used`);
      t.match(reached[0], { what: /> a\.skip$/ }, `${name}: first the way to the content`);
    }
    t.ok(kinds.size > 15, `${kinds.size} kinds of things`);
  });

  await onPages('Enter on the first link leads past the head, and on a test opens its output', async (t, open) => {
    const page = await open(pages.failed);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    t.equal(await page.evaluate<string>('document.activeElement.id'), 'main');
    let what = '';
    while (!what.endsWith('summary')) {
      await page.keyboard.press('Tab');
      what = (await page.evaluate<FocusLook | null>(FOCUS_LOOK))?.what ?? 'summary is never reached';
      if (what.includes('never')) break;
    }
    await page.keyboard.press('Enter');
    t.ok(await page.locator('details.test pre').first().isVisible());
  });

  await onPages('a line of a log has an address, and the rest of it is there as it was written', async (t, open) => {
    const page = await open(`${pages.log}#L3`);
    const line = page.locator('#L3');
    t.equal(await page.evaluate<string>("document.querySelector(':target').id"), 'L3');
    t.ok(await line.isVisible());
    const text = await page.locator('.log').innerText();
    t.match(text, '<script>window.hurt=1</script>');
    const raw = await open(`${failed}/controller-1/console.log`);
    t.match(await raw.locator('body').innerText(), /^\[ {4}0\.000000\] kernel line 0$/m, 'raw');
  });

  await onPages('files of a run are text, whatever they are named', async (t, open) => {
    for (const name of ['page.html', 'console.log.view.html', 'code.js', 'index.html/index.html']) {
      const page = await open(`${hostile}/controller-1/${name}`);
      t.equal(await page.evaluate<string>('document.contentType'), 'text/plain', name);
      t.equal(await page.evaluate<string>('typeof window.hurt'), 'undefined');
    }
  });

  await onPages('each log is a click away from its run', async (t, open) => {
    const page = await open(pages.hostile);
    const links = page.locator('.logs li > a:first-child');
    const count = await links.count();
    t.ok(count >= Object.keys(HOSTILE_FILES).length + 3, `${count} logs`);
    for (let index = 0; index < count; index++) {
      await links.nth(index).click();
      await page.waitForLoadState();
      t.match(await page.locator('h1').innerText(), /\S/);
      await page.goBack();
    }
  });

  await onPages('a new state is shown while it is looked at; what is open and focused stays', async (t, open) => {
    const index = await open(pages.index);
    const page = await open(pages.running);
    const quiet = await open(pages.running, { javaScriptEnabled: false });
    t.match(await page.locator('.badge').first().innerText(), 'running');
    await page.locator('.logs a').first().focus();

    const { uuid = '' } = (await store.first('SELECT uuid FROM job_runs WHERE id = ?', running)) as { uuid?: string };
    const now = new Date().toISOString();
    const tests = [...sampleTests(['attach_detach'], 4), { name: HOSTILE, status: 'fail' as const, reason: HOSTILE }];
    const metadata = runMetadata({ job: 'smoke', project: 'lab/cinder', branch: 'main', change: 1122, run: running });
    await recordResults(store, { uuid, at: now, tests, metadata });
    await store.run(
      'UPDATE job_runs SET tests_passed = 12, tests_failed = 2, tests_skipped = 2, summary = ? WHERE id = ?',
      HOSTILE,
      running,
    );
    await writePages({ store, folder: logs });
    await page.locator('details.test').first().waitFor();
    t.match(await page.evaluate<string>('document.activeElement.href'), '/views/', 'the focus stays');
    await page.locator('details.test summary').first().click();

    await store.run("UPDATE job_runs SET state = 'ended', outcome = 'failed', ended_at = ? WHERE id = ?", now, running);
    await writePages({ store, folder: logs });
    await page.locator('.head.failed').waitFor();
    t.equal(await page.locator('details.test').first().getAttribute('open'), '', 'what is open stays open');
    t.match(await page.title(), 'failed');
    t.equal(await page.evaluate<string>('document.body.dataset.live'), 'no', 'it looks no more');
    t.strictSame((await page.evaluate<PageAudit>(PAGE_AUDIT)).foreign, [], 'what came later is text, too');
    await index.locator('.tiles >> text=1').first().waitFor();
    await index.waitForFunction("document.title.startsWith('1 running')");
    t.match(await quiet.locator('.badge').first().innerText(), 'running', 'without the script a page stays as it is');
    await quiet.reload();
    t.match(await quiet.locator('.badge').first().innerText(), 'failed');
  });
}

/** Notes all that a page of text does not do. */
function watch(
  context: BrowserContext,
  page: Page,
  { served, note }: { readonly served: string; readonly note: (trouble: string) => void },
): void {
  context.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(served).origin) note(`request ${request.url()}`);
  });
  context.on('response', (response) => {
    if (response.status() >= 400) note(`${response.status()} ${response.url()}`);
  });
  context.on('page', (other) => {
    if (other !== page) note(`window ${other.url()}`);
  });
  page.on('console', (message) => note(`console: ${message.text()}`));
  page.on('pageerror', (error) => note(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    note(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
}

/** Serves the pages as a person would. @returns the address */
async function serve(t: Test, root: string): Promise<string> {
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  const child = spawn(process.execPath, [virtbs, '--root', root, 'ci', 'serve', '--port', '0'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGINT');
    await ended;
  });
  const address = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([line]) => String(line)),
    ended.then(([code]) => `ended with ${code}`),
  ]);
  t.match(address, /^http:\/\/127\.0\.0\.1:\d+\/$/);
  return address;
}

async function picture(page: Page, name: string): Promise<void> {
  const folder = env['VIRTBS_SCREENSHOTS'];
  if (folder === undefined) return;
  await page.screenshot({ path: join(folder, `${name.replaceAll(' ', '-')}.png`), fullPage: true });
}
