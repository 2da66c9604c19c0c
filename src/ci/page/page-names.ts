import { createHash } from 'node:crypto';

/** The names of the pages, relative to the folder of the logs. */
export const PAGE_NAMES = {
  index: 'index.html',
  tests: 'tests/index.html',
  style: 'style.css',
  script: 'refresh.js',
  run: (id: number): string => `${id}/index.html`,
  /** Named by a digest: the name of a test can be any text. */
  test: (test: string): string => `tests/${createHash('sha256').update(test).digest('hex').slice(0, 20)}.html`,
} as const;
