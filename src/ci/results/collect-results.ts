import { rm } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import type { TestResult } from '../test-result.js';
import type { CollectedVm } from './collect-logs.js';
import { fetchFiles } from './fetch-files.js';
import { findFiles } from './find-files.js';
import type { ParsedResults, ResultProblem } from './parsed-results.js';
import { readResultFile } from './read-results.js';
import { countResults, type ResultCounts } from './record-results.js';

export interface CollectResultsOptions {
  /** `auto` tells each file by its content; `stestr` takes the last run of a folder `.stestr`; `exit` looks at no file. */
  readonly format: 'auto' | 'subunit' | 'junit' | 'tap' | 'stestr' | 'exit';
  /** Patterns of paths: on VMs, and relative ones on this machine, too; there all of them where there are no VMs. */
  readonly files: readonly string[];
  readonly vms: readonly CollectedVm[];
  /** Where relative patterns of this machine begin. */
  readonly here: string;
  /** The folder that gets the files of VMs. */
  readonly folder: string;
  /** What the step of the tests ended with; it is the only result where `format` is `exit`. */
  readonly exit?:
    { readonly step: string; readonly code: number; readonly seconds?: number; readonly output?: string } | undefined;
  readonly signal: AbortSignal;
}

export interface CollectedResults extends ParsedResults {
  readonly counts: ResultCounts;
  /** `failed` where a test has failed, `broken` where results are missing or cannot be read, `passed` else. */
  readonly verdict: 'passed' | 'failed' | 'broken';
  /** One line: `2 of 15 tests failed`; empty where all passed. */
  readonly summary: string;
}

/** Bytes of result files of a VM. */
const MOST_FETCHED = 1024 ** 3;
/** Milliseconds for a VM. */
const PATIENCE = 300_000;

/** Fetches the files of results from VMs and this machine, and reads them. Whatever is in them is a result or a problem. */
export async function collectResults(options: CollectResultsOptions): Promise<CollectedResults> {
  const { format, exit } = options;
  if (format === 'exit' || options.files.length === 0)
    return judge({ tests: exit ? resultOfExit(exit) : [], problems: [] }, false);
  const problems: ResultProblem[] = [];
  const tests: TestResult[] = [];
  const paths = await findResultFiles(options, problems);
  for (const path of paths) {
    options.signal.throwIfAborted();
    const name = relative(options.folder, path).startsWith('..')
      ? relative(options.here, path)
      : relative(options.folder, path);
    const parser = format === 'auto' ? undefined : format === 'stestr' ? 'subunit' : format;
    const parsed = await readResultFile(path, { name, format: parser, signal: options.signal }).catch(
      (error: unknown) => {
        options.signal.throwIfAborted();
        return {
          tests: [],
          problems: [{ place: name, message: error instanceof Error ? error.message : String(error) }],
        };
      },
    );
    for (const test of parsed.tests) tests.push(test);
    problems.push(...parsed.problems);
  }
  if (paths.length === 0) problems.push({ place: options.files.join(', '), message: 'no file of results was found' });
  return judge({ tests, problems }, true);
}

/** The result of a step of which nothing but its exit code is known. */
export function resultOfExit({
  step,
  code,
  seconds,
  output,
}: NonNullable<CollectResultsOptions['exit']>): readonly TestResult[] {
  return [
    {
      name: step,
      status: code === 0 ? 'success' : 'fail',
      ...(seconds === undefined ? {} : { seconds }),
      ...(code === 0 ? {} : { reason: `exit code ${code}` }),
      ...(code === 0 || output === undefined ? {} : { details: { output } }),
    },
  ];
}

async function findResultFiles(options: CollectResultsOptions, problems: ResultProblem[]): Promise<readonly string[]> {
  const { format, files, vms, here, folder, signal } = options;
  const patterns = format === 'stestr' ? files.map(inRepository) : files;
  // A path of a VM can be one of this machine, too, and means the VM's.
  const ofHere = vms.length === 0 ? patterns : patterns.filter((pattern) => !isAbsolute(pattern));
  const fetched = await Promise.all(
    vms.map(async ({ hostname, guest }) => {
      const target = join(folder, hostname);
      await rm(target, { recursive: true, force: true });
      const limits = { most: MOST_FETCHED, deadline: PATIENCE };
      const wrong = await fetchFiles({ guest, patterns, folder: target, ...limits, signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        return error instanceof Error ? error.message : String(error);
      });
      if (wrong !== undefined) problems.push({ place: hostname, message: wrong });
      return await findFiles(['**/*', '**/.*/*'], target);
    }),
  );
  const all = [...new Set([...fetched.flat(), ...(await findFiles(ofHere, here))])];
  return lastRuns(all, format === 'stestr');
}

/** The files of a repository of stestr: its runs have numbers for names. */
function inRepository(path: string): string {
  return basename(path) === '.stestr' ? join(path, '[0-9]*') : path;
}

/** Of the runs of a repository only the last one counts. */
function lastRuns(paths: readonly string[], isRepository: boolean): readonly string[] {
  const isRun = (path: string): boolean =>
    /^\d+$/.test(basename(path)) && (isRepository || basename(dirname(path)) === '.stestr');
  const last = new Map<string, string>();
  for (const path of paths.filter(isRun)) {
    const before = last.get(dirname(path));
    if (before === undefined || Number(basename(path)) > Number(basename(before))) last.set(dirname(path), path);
  }
  const isOther = (path: string): boolean => !isRepository && basename(dirname(path)) !== '.stestr';
  return paths.filter((path) => (isRun(path) ? last.get(dirname(path)) === path : isOther(path)));
}

function judge(parsed: ParsedResults, areFiles: boolean): CollectedResults {
  const counts = countResults(parsed.tests);
  const { passed, failed, skipped } = counts;
  const all = passed + failed + skipped;
  const [problem] = parsed.problems;
  if (failed > 0) return { ...parsed, counts, verdict: 'failed', summary: `${failed} of ${all} tests failed` };
  if (problem) return { ...parsed, counts, verdict: 'broken', summary: `${problem.place}: ${problem.message}` };
  if (areFiles && all === 0) return { ...parsed, counts, verdict: 'broken', summary: 'there is no result of a test' };
  return { ...parsed, counts, verdict: 'passed', summary: '' };
}
