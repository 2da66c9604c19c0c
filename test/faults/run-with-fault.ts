import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { text } from 'node:stream/consumers';
import { packageDirectory } from '../../src/package-directory.js';
import type { Fault } from './fault.js';

/** How a run of virtbs ended that something happened to. */
export interface FaultyEnding {
  /** The exit code, or the signal that ended it. */
  readonly ending: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
  /** What it did to the world, in order; the fault was at one of these. */
  readonly steps: readonly string[];
}

/** Milliseconds after which a run hangs, and is killed. */
export const HANG_LIMIT = 120_000;

/** Runs virtbs in a folder and lets the fault happen; without one it only notes the steps. */
export async function runWithFault(
  directory: string,
  args: readonly string[],
  fault?: Fault,
  onStart?: (pid: number) => void,
): Promise<FaultyEnding> {
  const checkout = await packageDirectory();
  const log = join(directory, 'steps.log');
  await rm(log, { force: true });
  const child = spawn(execPath, [join(checkout, 'bin', 'virtbs'), ...args], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: HANG_LIMIT,
    killSignal: 'SIGKILL',
    env: {
      ...env,
      UV_THREADPOOL_SIZE: '16', // the hook comes before bin/virtbs sets it
      NODE_OPTIONS: `--import=file://${checkout}/dist/test/faults/fault-hook.js`,
      FAULT: fault ? JSON.stringify(fault) : '',
      FAULT_LOG: log,
    },
  });
  if (child.pid !== undefined) onStart?.(child.pid);
  const [[code, signal], stdout, stderr] = await Promise.all([
    once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  const steps = (await readFile(log, 'utf8').catch(() => '')).split('\n').slice(0, -1);
  await rm(log, { force: true });
  return { ending: code ?? signal ?? 'SIGKILL', stdout, stderr, steps };
}
