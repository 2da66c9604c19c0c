import { createHash } from 'node:crypto';

/** The names of the pages, relative to the folder of the logs. */
export const PAGE_NAMES = {
  index: 'index.html',
  tests: 'tests/index.html',
  style: 'style.css',
  script: 'refresh.js',
  icon: 'icon.svg',
  /** Held while pages are written; never served, as nothing is that begins with a dot. */
  lock: '.pages.lock',
  /** All else in that folder comes from the run. */
  run: (id: number): string => `${id}/index.html`,
  /** Named by a digest: the name of a test can be any text. */
  test: (test: string): string => `tests/${digest(test)}.html`,
  /** The view of a log, outside of the folder of the run: whatever a run names its files, none of them is taken for a view. */
  view: (id: number, log: string): string => `views/${id}/${digest(log)}.html`,
} as const;

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 20);
}
