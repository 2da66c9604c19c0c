import type { VerbContext } from '../events.js';
import type { VmPlan } from '../plan/plan.js';
import { tellGuests, type GuestsOfSlice } from './tell-guests.js';

/** Sets the clocks of guests that stood still to the host's, to the second, where there is a login. */
export async function setClocks(vms: readonly VmPlan[], place: GuestsOfSlice, context: VerbContext): Promise<void> {
  const order = {
    script: setClockCommand,
    warning: 'its clock could not be set',
    hint: 'its time is that of the snapshot until its own time service sets it',
  };
  await tellGuests(vms, place, order, context);
}

/** Returns a command for the shell of a guest's root, to be run at once. */
export function setClockCommand(): string {
  return `date -u -s @${Math.round(Date.now() / 1000)} >/dev/null`;
}
