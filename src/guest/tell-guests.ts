import type { VerbContext } from '../events.js';
import { outputPaths } from '../filenames.js';
import { hasLogin } from '../output/ssh-config.js';
import type { VmPlan } from '../plan/plan.js';
import { askAsRoot } from './ask-as-root.js';

export interface GuestOrder {
  /** Returns the script for the shell of a guest's root; called when the shell is there. */
  readonly script: () => string;
  /** The warning about a guest that did not follow. */
  readonly warning: string;
  readonly hint: string;
}

export interface GuestsOfSlice {
  readonly slice: number;
  readonly outputDirectory: string;
}

/** Has all guests that have a login do something. That one does not is a warning. */
export async function tellGuests(
  vms: readonly VmPlan[],
  { slice, outputDirectory }: GuestsOfSlice,
  { script, warning, hint }: GuestOrder,
  { emit, signal }: VerbContext,
): Promise<void> {
  const { sshConfig } = outputPaths(outputDirectory, slice);
  await Promise.all(
    vms.filter(hasLogin).map(async ({ hostname }) => {
      const answer = await askAsRoot({ sshConfig, hostname }, script, { signal });
      if ('reason' in answer) emit({ type: 'warning', message: `${hostname}: ${warning}: ${answer.reason}`, hint });
    }),
  );
}
