import type { VerbContext } from '../events.js';
import type { VmPlan } from '../plan/plan.js';
import { tellGuests, type GuestsOfSlice } from './tell-guests.js';

/** Has guests write to their disks what they still have in memory alone, where there is a login. */
export async function syncDisks(vms: readonly VmPlan[], place: GuestsOfSlice, context: VerbContext): Promise<void> {
  const order = {
    script: () => 'sync',
    warning: 'it did not write to its disks what it has in memory',
    hint: 'the snapshot has its disks as after a power cut',
  };
  await tellGuests(vms, place, order, context);
}
