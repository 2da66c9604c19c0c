import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { packageDirectory } from '../src/package-directory.js';
import { runProgram } from '../src/process/run-program.js';

/** What one command took. */
export interface Figures {
  /** Milliseconds from its start to its end. */
  readonly wall: number;
  /** Milliseconds of processor time of the process itself, all its threads, without the programs it started. */
  readonly cpu: number;
  /** The most memory that it held; MiB. */
  readonly memory: number;
  /** Milliseconds by phase, where the command says so. */
  readonly timings: Readonly<Record<string, number>>;
}

/** Runs Node.js as a person would, and has the process say at its end what it used. @throws VirtbsError where it fails */
export async function runMeasured(args: readonly string[], directory: string): Promise<Figures> {
  const file = join(directory, 'usage');
  const report = join(await packageDirectory(), 'bench', 'report-usage.cjs');
  const start = performance.now();
  const { stdout } = await runProgram(execPath, ['--require', report, ...args], { env: { VIRTBS_BENCH_USAGE: file } });
  const wall = performance.now() - start;
  const { cpu, memory } = JSON.parse(await readFile(file, 'utf8')) as { cpu: number; memory: number };
  await rm(file);
  const timings = args.includes('--json') ? (JSON.parse(stdout) as { timings?: Record<string, number> }).timings : {};
  return { wall, cpu, memory, timings: timings ?? {} };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
