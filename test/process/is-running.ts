import { readFile } from 'node:fs/promises';

/** Whether a process is there and does not only wait to be collected by its parent. */
export async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') X');
  return !/\) [ZX]/.test(status);
}
