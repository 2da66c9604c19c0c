import { outputPaths } from '../filenames.js';
import type { SlicePlan } from '../plan/plan.js';
import type { Guest } from './guest.js';

/** Returns a VM of the plan as it is reached. @param outputDirectory the folder of the slice's ssh configuration */
export function guestOf({ slice, access }: SlicePlan, hostname: string, outputDirectory: string): Guest {
  const { sshConfig } = outputPaths(outputDirectory, slice);
  return { sshConfig, hostname, local: access?.logins?.[hostname]?.local };
}
