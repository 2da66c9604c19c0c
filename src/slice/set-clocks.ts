import type { VerbContext } from '../events.js';
import { outputPaths } from '../filenames.js';
import { hasLogin } from '../output/ssh-config.js';
import type { VmPlan } from '../plan/plan.js';
import { runAsRoot } from './guest-login.js';

/**
 * Sets the clocks of guests that stood still to the host's, to the second, where there is a login. A guest that does not follow is a
 * warning.
 */
export async function setClocks(
  vms: readonly VmPlan[],
  { slice, outputDirectory }: { readonly slice: number; readonly outputDirectory: string },
  { emit, signal }: VerbContext,
): Promise<void> {
  const { sshConfig } = outputPaths(outputDirectory, slice);
  await Promise.all(
    vms.filter(hasLogin).map(async ({ hostname }) => {
      const answer = await runAsRoot({ sshConfig, hostname }, setClockCommand, signal);
      if (!('reason' in answer)) return;
      emit({
        type: 'warning',
        message: `${hostname}: its clock could not be set: ${answer.reason}`,
        hint: 'its time is that of the snapshot until its own time service sets it',
      });
    }),
  );
}

/** For the shell of a guest's root, to be run at once. */
export function setClockCommand(): string {
  return `date -u -s @${Math.round(Date.now() / 1000)} >/dev/null`;
}
