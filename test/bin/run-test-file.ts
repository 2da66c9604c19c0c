import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { readTap, type TapResults } from './read-tap.js';

export interface TestFileOptions {
  /** Milliseconds after which the file's tests are given up. */
  readonly limit: number;
  /** Ends the file, with all that it started. */
  readonly signal: AbortSignal;
}

export interface TestFileResults extends TapResults {
  /** Milliseconds. */
  readonly duration: number;
  /** The last that it wrote to stderr. */
  readonly stderr: string;
}

/** Milliseconds in which a file tells what was not done within its limit, and in which its output ends when it has. */
const GRACE = 30_000;
const OUTPUT_LIMIT = 5000;

/** Characters of stderr that are kept. */
const STDERR_LIMIT = 64 * 1024;

/**
 * Runs a compiled test file in a process of its own, and counts its assertions. A file that ends badly without a failed
 * assertion, or without any assertion, is a failure. What it started and left behind is ended.
 */
export async function runTestFile(file: string, { limit, signal }: TestFileOptions): Promise<TestFileResults> {
  const start = performance.now();
  const env = { ...process.env, TAP_TIMEOUT: String(limit / 1000) };
  const child = spawn(process.execPath, ['--enable-source-maps', file], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a process group of its own, so that all of it can be ended
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr = (output.stderr + text).slice(-STDERR_LIMIT);
  });
  const closed = once(child, 'close');
  const stop = (): void => endGroup(child);
  const timer = setTimeout(stop, limit + GRACE);
  signal.addEventListener('abort', stop);
  try {
    await once(child, 'exit');
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
  stop();
  // A daemon that it left can hold the pipes.
  await Promise.race([closed, sleep(OUTPUT_LIMIT, undefined, { ref: false })]);
  const results = readTap(output.stdout);
  const problem = problemOf(child, results);
  const failures = results.failures.map(({ titles, details }) => ({ titles: [file, ...titles], details }));
  if (problem !== undefined) failures.push({ titles: [file], details: { problem, stderr: output.stderr } });
  return { ...results, failures, failed: failures.length, duration: performance.now() - start, stderr: output.stderr };
}

/** What is wrong with the way in which a file ended, where no assertion says it. */
function problemOf({ exitCode, signalCode }: ChildProcess, results: TapResults): string | undefined {
  if (results.failed > 0) return undefined;
  if (signalCode !== null) return `it was ended by ${signalCode}`;
  if (exitCode !== 0) return `it ended with exit code ${exitCode}`;
  return results.passed + results.skipped === 0 ? 'no assertion was made' : undefined;
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}
