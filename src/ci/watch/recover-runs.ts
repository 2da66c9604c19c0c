import { kill } from 'node:process';
import type { CiQueue } from '../queue/ci-queue.js';
import { isWorkerGone } from '../queue/worker-mark.js';

export interface RecoverOptions {
  readonly queue: CiQueue;
  /** Destroys what a process that is gone has left of a run. */
  readonly cleanUp: (run: { readonly id: number; readonly slice: number | null }) => Promise<void>;
  /** Called with each run that is put back. */
  readonly onRecovered: (id: number) => void;
}

/**
 * Takes over what processes that are gone have left: their programs are ended, their slices are wiped, their runs are begun again, and
 * reports that they were sending are sent again: a reporter knows what it has sent.
 *
 * @returns the number of runs that were put back
 */
export async function recoverRuns({ queue, cleanUp, onRecovered }: RecoverOptions): Promise<number> {
  let recovered = 0;
  for (const { id, worker, program } of await queue.runningElsewhere()) {
    if (!(await isWorkerGone(worker)) || !(await queue.takeOver(id, worker))) continue;
    if (program !== null) await endProgram(program);
    await cleanUp(await queue.find(id));
    await queue.requeue(id, { broken: false, summary: 'begun again: the process that ran it is gone' });
    recovered += 1;
    onRecovered(id);
  }
  for (const { runId, reporter, worker } of await queue.sendingElsewhere()) {
    if (await isWorkerGone(worker)) await queue.delayReport(runId, reporter, { pause: 0, from: worker });
  }
  return recovered;
}

/** Ends a program and all that is in its process group. */
async function endProgram(mark: string): Promise<void> {
  if (await isWorkerGone(mark)) return;
  try {
    kill(-Number(mark.split('.')[1]), 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
