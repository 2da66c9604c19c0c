import type { WrittenPages } from '../../ci/page/write-pages.js';
import type { ImportedFile } from '../../ci/results/import-results.js';
import type { TestStatistics } from '../../ci/results/test-statistics.js';
import { countOf } from '../../text/count-of.js';
import type { CommandContext, GlobalArguments } from '../command.js';
import { writeJson } from '../json-results.js';
import { renderAge } from './age.js';
import { renderTable, tableWidth } from './table.js';

type Shown = Pick<GlobalArguments, 'json' | 'quiet'>;

/** A line for each test, job and branch. */
export function renderTests(
  list: { readonly version: 1; readonly tests: readonly TestStatistics[] },
  { json }: Shown,
  { stdout }: CommandContext,
): void {
  if (json) return writeJson('ci-tests', list, { stdout });
  if (list.tests.length === 0) return void stdout.write('there are no such tests\n');
  const seconds = (value: number | null): string => (value === null ? '-' : `${Number(value.toPrecision(3))} s`);
  const rows = list.tests.map((each) => [
    `${each.passRate < 1 ? Math.min(99.9, Number((100 * each.passRate).toFixed(1))) : 100} %`,
    `${each.passed}/${each.runs}`,
    String(each.flips),
    seconds(each.meanSeconds),
    each.lastFailure === null ? '-' : renderAge(Date.now() - Date.parse(each.lastFailure)),
    each.job ?? '-',
    each.branch ?? '-',
    each.test,
  ]);
  const heading = ['PASSED', 'RUNS', 'TURNS', 'MEAN', 'FAILED', 'JOB', 'BRANCH', 'TEST'];
  stdout.write(renderTable([heading, ...rows], tableWidth(stdout), ['TURNS', 'BRANCH', 'FAILED', 'MEAN']));
}

/** Says what each file had in it, and what of it cannot be read. */
export function renderImport(
  result: { readonly version: 1; readonly imported: readonly ImportedFile[] },
  { json, quiet }: Shown,
  { stdout, stderr }: CommandContext,
): void {
  if (json) return writeJson('ci-import', result, { stdout });
  for (const { file, isNew, counts, problems } of result.imported) {
    for (const { place, message } of problems) stderr.write(`warning: ${place}: ${message}\n`);
    const { passed, failed, skipped } = counts;
    const words = isNew ? '' : ', instead of what it was before';
    if (!quiet) stdout.write(`${file}: ${passed} passed, ${failed} failed, ${skipped} skipped${words}\n`);
  }
}

/** Says where the pages are. */
export function renderPages(
  pages: { readonly version: 1 } & WrittenPages,
  { json, quiet }: Shown,
  { stdout }: CommandContext,
): void {
  if (json) return writeJson('ci-page', pages, { stdout });
  if (!quiet) stdout.write(`${pages.folder}/index.html: ${countOf(pages.pages, 'page')}, ${pages.written} written\n`);
}
