import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lockFile } from '../../files/lock-file.js';
import { writeFileAtomic } from '../../files/write-file-atomic.js';
import { plainText } from '../../text/plain-text.js';
import type { Store } from '../store/store.js';
import { ICON } from './icon.js';
import { indexPage } from './index-page.js';
import { allTests, changedRuns, loadIndex, loadRun, loadTest, loadTests, testsOfRuns } from './load-page-data.js';
import { logView } from './log-view.js';
import type { PageLog } from './page-data.js';
import { PAGE_NAMES } from './page-names.js';
import { REFRESH_SCRIPT } from './refresh-script.js';
import { encodePath, runPage } from './run-page.js';
import { STYLE } from './style.js';
import { testPage, testsPage } from './tests-page.js';

/** Files and folders of a run that are listed. */
const MOST_FILES = 2000;
const MOST_DEPTH = 16;
/** Bytes of the end of a log, for its last line. */
const LAST_BYTES = 4096;

export interface WritePagesOptions {
  readonly store: Store;
  /** The folder of the logs: the logs of a run are below its number. */
  readonly folder: string;
  /** Only pages of what changed since then; all where not given. ISO 8601. */
  readonly since?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was written. */
export interface WrittenPages {
  readonly folder: string;
  /** Pages that are new or have changed. */
  readonly written: number;
  readonly pages: number;
}

/**
 * Writes the pages of the CI beside its logs: static files, each whole or not at all. A file that would be the same stays as it is.
 * Waits for another process that writes them.
 */
export async function writePages({
  store,
  folder,
  since,
  signal = new AbortController().signal,
}: WritePagesOptions): Promise<WrittenPages> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await using _lock = await lockFile(join(folder, PAGE_NAMES.lock), { holder: 'writing pages', signal });
  const now = new Date().toISOString();
  let [written, pages] = [0, 0];
  const put = async (name: string, content: string): Promise<void> => {
    signal.throwIfAborted();
    pages += 1;
    if (await writeChanged(join(folder, name), content)) written += 1;
  };
  await put(PAGE_NAMES.style, STYLE);
  await put(PAGE_NAMES.script, REFRESH_SCRIPT);
  await put(PAGE_NAMES.icon, ICON);
  await put(
    PAGE_NAMES.index,
    indexPage(await loadIndex(store, now, (id) => lastLine(join(folder, String(id), 'job.log'))), now),
  );
  const changed = await changedRuns(store, since ?? null);
  for (const id of changed) {
    const data = await loadRun(store, id);
    if (!data) continue;
    const logs: PageLog[] = [];
    const live = data.run.state !== 'ended';
    for (const file of await listLogs(join(folder, String(id)))) {
      logs.push({ ...file, view: await writeView({ folder, id, path: file.path, live, now, signal }) });
    }
    await put(PAGE_NAMES.run(id), runPage({ ...data, logs }, now));
  }
  const tests = since === undefined ? await allTests(store) : await testsOfRuns(store, changed);
  if (since === undefined || tests.length > 0) await put(PAGE_NAMES.tests, testsPage(await loadTests(store, now), now));
  for (const test of tests) await put(PAGE_NAMES.test(test), testPage(await loadTest(store, test), now));
  return { folder, written, pages };
}

/** Returns whether it had to be written. */
async function writeChanged(path: string, content: string): Promise<boolean> {
  const before = await readFile(path, 'utf8').catch(() => null);
  if (before !== null && saysTheSame(before, content)) return false;
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFileAtomic(path, content);
  return true;
}

/** Whether a page that does not change any more differs in nothing but its own time. */
function saysTheSame(before: string, content: string): boolean {
  if (before === content) return true;
  return content.includes('<body data-live="no">') && before.replace(STAMP, '') === content.replace(STAMP, '');
}

const STAMP = /<p class="stamp">[^]*?<\/p>/;

/** The plain files below the folder of a run, without its page; links are passed over, as they may lead anywhere. */
async function listLogs(folder: string): Promise<readonly Omit<PageLog, 'view'>[]> {
  const found: Omit<PageLog, 'view'>[] = [];
  const look = async (path: string, depth: number): Promise<void> => {
    const entries = await readdir(join(folder, path), { withFileTypes: true }).catch(() => []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (found.length >= MOST_FILES) return;
      const name = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory() && depth < MOST_DEPTH) await look(name, depth + 1);
      if (!entry.isFile() || name === 'index.html') continue;
      // What is gone by now, or has a name that is no text, is not listed.
      const status = await lstat(join(folder, name)).catch(() => null);
      if (status) found.push({ path: name, bytes: status.size });
    }
  };
  await look('', 0);
  return found.sort((a, b) => Number(b.path === 'job.log') - Number(a.path === 'job.log'));
}

interface ViewOptions {
  readonly folder: string;
  readonly id: number;
  readonly path: string;
  readonly live: boolean;
  readonly now: string;
  readonly signal: AbortSignal;
}

/** Writes the view of a log where it is missing or older than the log. @returns its path in the folder of all pages */
async function writeView({ folder, id, path, live, now, signal }: ViewOptions): Promise<string | null> {
  signal.throwIfAborted();
  const file = join(folder, String(id), path);
  const view = PAGE_NAMES.view(id, path);
  const target = join(folder, view);
  const [log, before] = await Promise.all([stat(file).catch(() => null), stat(target).catch(() => null)]);
  if (!log) return null;
  // The time at which it came here: a file that was fetched has the time of where it comes from.
  if (before && before.mtimeMs >= log.ctimeMs && !live) return view;
  const up = '../..';
  const addresses = { up, run: `${up}/${PAGE_NAMES.run(id)}`, raw: `${up}/${id}/${encodePath(path)}` };
  const page = await logView({ path: file, name: path, ...addresses, live, now });
  if (page === null) return null;
  await writeChanged(target, page);
  return view;
}

/** The last line of a log, as it may be shown; null where there is none. */
function lastLine(path: string): string | null {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, LAST_BYTES));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    const line = bytes.toString('utf8').trimEnd().split('\n').at(-1) ?? '';
    return line === '' ? null : plainText(line).slice(0, 300);
  } catch {
    return null;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
