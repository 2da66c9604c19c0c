import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import pLimit from 'p-limit';
import { describeFailures } from './describe-failures.js';
import { missingProgram } from './missing-program.js';
import { runTestFile, type TestFileResults } from './run-test-file.js';

// For bin/test: run-tests [--jobs N] [--limit SECONDS] [--skip-missing] FILE…, compiled test files. Says on stderr how each ended,
// with its failures; the last line on stdout has the numbers of passed, failed and skipped assertions. With --skip-missing a test
// that fails because this machine lacks a program or a library counts as skipped. With --again N, where no more than N files fail,
// each of them runs once more, alone, and that counts: a file that passes then is reported as unsteady.
const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string', default: '1' },
    limit: { type: 'string', default: '300' },
    again: { type: 'string', default: '0' },
    'skip-missing': { type: 'boolean', default: false },
  },
});
const stop = new AbortController();
const running = new Set<string>();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(name, () => {
    if (running.size > 0) process.stderr.write(`not done: ${[...running].join(', ')}\n`);
    stop.abort();
    process.exit(1);
  });
}

const total = { passed: 0, failed: 0, skipped: 0 };
const skipReasons = new Map<string, number>();
const failed: { readonly file: string; readonly results: TestFileResults }[] = [];
const atOnce = pLimit(Number(values.jobs));
await Promise.all(
  largestFirst(files).map((file) =>
    atOnce(async () => {
      const results = await runOne(file);
      if (results.failures.length > 0) failed.push({ file, results });
      else count(results);
    }),
  ),
);
for (const { file, results } of failed) count(failed.length > Number(values.again) ? results : await runAgain(file));
for (const [reason, times] of skipReasons) process.stderr.write(`skipped: ${times} times: ${reason}\n`);
process.stdout.write(`${total.passed} ${total.failed} ${total.skipped}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;

async function runAgain(file: string): Promise<TestFileResults> {
  const results = await runOne(file);
  if (results.failures.length === 0) process.stderr.write(`UNSTEADY: ${file} failed, and passed when it ran again\n`);
  return results;
}

async function runOne(file: string): Promise<TestFileResults> {
  running.add(file);
  const results = skipMissing(await runTestFile(file, { limit: Number(values.limit) * 1000, signal: stop.signal }));
  running.delete(file);
  process.stderr.write(describeFile(file, results));
  return results;
}

function count(results: TestFileResults): void {
  total.passed += results.passed;
  total.failed += results.failed;
  total.skipped += results.skipped;
  for (const reason of results.skipReasons) skipReasons.set(reason, (skipReasons.get(reason) ?? 0) + 1);
}

function skipMissing(results: TestFileResults): TestFileResults {
  const reasons = results.failures.flatMap((failure) => missingProgram(failure) ?? []);
  if (!values['skip-missing'] || reasons.length === 0) return results;
  const failures = results.failures.filter((failure) => missingProgram(failure) === undefined);
  const skipped = results.skipped + reasons.length;
  return { ...results, failures, failed: failures.length, skipped, skipReasons: [...results.skipReasons, ...reasons] };
}

function describeFile(file: string, { failures, passed, skipped, duration, stderr }: TestFileResults): string {
  const counts = `${passed} passed${skipped > 0 ? `, ${skipped} skipped` : ''}, ${(duration / 1000).toFixed(1)} s`;
  if (failures.length === 0) return `ok - ${file} (${counts})\n`;
  return `${stderr}${describeFailures(failures)}not ok - ${file} (${counts}, ${failures.length} failed)\n`;
}

/** A long file that begins last would keep one processor busy alone. */
function largestFirst(paths: readonly string[]): readonly string[] {
  const size = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return paths.toSorted((one, other) => size(other) - size(one));
}
