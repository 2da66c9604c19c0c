import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { VirtbsError } from '../errors.js';
import { slicePaths, taskPaths } from '../filenames.js';
import { unknownWord } from '../text/unknown-word.js';

/** The output of a task on one VM, or `here`. */
export interface FoundTaskLog {
  readonly vm: string;
  readonly path: string;
}

/**
 * Finds what a task has written when it last ran on a slice.
 *
 * @param vm undefined for all VMs on which it ran
 * @throws VirtbsError `usage` for a task or VM of which there is no log
 */
export async function findTaskLogs(
  task: string,
  { root, slice, vm }: { readonly root: string; readonly slice: number; readonly vm: string | undefined },
): Promise<readonly FoundTaskLog[]> {
  const paths = taskPaths(slicePaths(root, slice));
  const folder = dirname(paths.log(task, 'here'));
  const tasks = (await readdir(dirname(folder)).catch((): string[] => [])).sort();
  if (!tasks.includes(task)) {
    const [first] = tasks;
    const hint =
      first === undefined ? `no task ran on slice ${slice} yet` : `for example: virtbs -s ${slice} log --task ${first}`;
    throw new VirtbsError('usage', unknownWord('no log of task', task, tasks), { hint });
  }
  const vms = (await readdir(folder)).sort().map((name) => basename(name, '.log'));
  if (vm !== undefined && !vms.includes(vm)) {
    throw new VirtbsError('usage', unknownWord(`no log of task "${task}" on`, vm, vms), {
      hint: `virtbs -s ${slice} log --task ${task} shows all of them`,
    });
  }
  return vms
    .filter((each) => vm === undefined || each === vm)
    .map((each) => ({ vm: each, path: paths.log(task, each) }));
}
