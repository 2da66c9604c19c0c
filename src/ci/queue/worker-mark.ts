import { isRunning, readBoot, readProcess } from '../../session/read-process.js';

/** Returns a process of this boot as the database has it: `BOOT.PID.START`. Another process never has the same. */
export async function workerMark(pid: number): Promise<string> {
  const [boot, state] = await Promise.all([readBoot(), readProcess(pid)]);
  return [boot, pid, state?.start ?? '0'].join('.');
}

/** Tells whether a process of this machine that was marked is gone for certain. */
export async function isWorkerGone(mark: string): Promise<boolean> {
  const [, boot, pid, start] = /^(?:\w+\/)?([^.]+)\.(\d+)\.(\d+)$/.exec(mark) ?? [];
  if (boot === undefined || start === undefined) return true;
  return (await isRunning({ boot, pid: Number(pid), start })) === false;
}
