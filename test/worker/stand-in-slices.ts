import { VirtbsError } from '../../src/errors.js';
import { onAbort } from '../../src/process/on-abort.js';
import type { LeftRunner, RunnerEnd, RunnerSlices } from '../../src/worker/runner/runner-slices.js';

/** A runner in a slice that there is only in memory. It has connected and works as soon as `work` is called. */
export type StandInWork = (name: string, signal: AbortSignal) => Promise<RunnerEnd>;

/** Slices in memory, in which a function stands in for the runner. */
export class StandInSlices implements RunnerSlices {
  /** What the guests of slices that stand are told to run. */
  readonly standing = new Map<string, string>();
  readonly ended: string[] = [];
  /** The most slices that stood at once. */
  most = 0;
  leftBehind: readonly LeftRunner[] = [];
  readonly #work: StandInWork;

  constructor(work: StandInWork) {
    this.#work = work;
  }

  async left(prefix: string): Promise<readonly LeftRunner[]> {
    return this.leftBehind.filter(({ name }) => name.startsWith(prefix));
  }

  async make(name: string, start: string): Promise<void> {
    this.standing.set(name, start);
    this.most = Math.max(this.most, this.standing.size);
  }

  async work(name: string, signal: AbortSignal): Promise<RunnerEnd> {
    return await this.#work(name, signal);
  }

  async end(name: string): Promise<void> {
    this.standing.delete(name);
    this.ended.push(name);
  }
}

/** Waits until the signal is raised, as one does who watches a guest that says nothing. */
export async function untilAborted(signal: AbortSignal): Promise<never> {
  await new Promise<void>((resolve) => onAbort(signal, resolve));
  throw new VirtbsError('cancelled', 'interrupted');
}

/** The end of a runner that did its job. */
export const DONE: RunnerEnd = { code: 0, words: [] };
