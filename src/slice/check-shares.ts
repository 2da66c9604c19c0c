import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { VirtbsError } from '../errors.js';
import type { VmPlan } from '../plan/plan.js';

/**
 * Refuses folders that VMs are to see and that are none, or that who asks may not use in that way.
 *
 * @throws VirtbsError `plan-invalid` with all of them
 */
export async function checkShares(vms: readonly Pick<VmPlan, 'hostname' | 'share'>[]): Promise<void> {
  const problems = await Promise.all(
    vms.flatMap(({ hostname, share = [] }) =>
      share.map(async ({ path, source, readOnly }) => {
        const problem = await folderProblem(source, readOnly);
        return problem === null ? [] : [`${hostname}: share: ${path}: ${source}: ${problem}`];
      }),
    ),
  );
  const lines = problems.flat();
  if (lines.length === 0) return;
  throw new VirtbsError('plan-invalid', lines.join('\n'), { hint: 'nothing was touched' });
}

async function folderProblem(source: string, readOnly: boolean): Promise<string | null> {
  try {
    if (!(await stat(source)).isDirectory()) return 'this is no folder';
    await access(source, constants.R_OK | constants.X_OK | (readOnly ? 0 : constants.W_OK));
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return 'there is no such folder';
    if (code === 'EACCES' || code === 'EROFS') return `you may not ${readOnly ? 'read' : 'write to'} it`;
    return error instanceof Error ? error.message : String(error);
  }
}
