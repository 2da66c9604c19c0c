import { readFile } from 'node:fs/promises';
import type { ProcessMark } from './recognize-session.js';

export interface ProcessState {
  readonly name: string;
  readonly parent: number;
  /** The process that leads its session; 0 where that is outside of this container. */
  readonly session: number;
  /** Device number of the controlling terminal, 0 without one. */
  readonly terminal: number;
  readonly start: string;
}

/** Reads what the kernel says of a process; null where there is none of that number. Source: proc_pid_stat(5) */
export async function readProcess(pid: number | 'self'): Promise<ProcessState | null> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (line === null) return null;
  // The name is in parentheses and may hold anything, parentheses too.
  const end = line.lastIndexOf(')');
  const fields = line.slice(end + 2).split(' ');
  return {
    name: line.slice(line.indexOf('(') + 1, end),
    parent: Number(fields[1]),
    session: Number(fields[3]),
    terminal: Number(fields[4]),
    start: fields[19] ?? '0',
  };
}

/** The boot of this host, in a few characters. */
export async function readBoot(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => 'unknown');
  return boot.slice(0, 8);
}

/** Tells whether a process that was marked in this boot still runs; null where that cannot be known here. */
export async function isRunning({ pid, start, boot }: ProcessMark): Promise<boolean | null> {
  if (pid === 0) return null;
  if (boot !== (await readBoot())) return false;
  const state = await readProcess(pid);
  return state !== null && state.start === start;
}
