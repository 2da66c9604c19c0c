import type { VerbContext } from '../events.js';
import type { VmPlan } from '../plan/plan.js';
import { tellGuests, type GuestsOfSlice } from './tell-guests.js';

/** Sets the clocks of guests that stood still to the host's, where there is a login. */
export async function setClocks(vms: readonly VmPlan[], place: GuestsOfSlice, context: VerbContext): Promise<void> {
  const order = {
    script: setClockCommand,
    warning: 'its clock could not be set',
    hint: 'its time is that of the snapshot until its own time service sets it',
  };
  await tellGuests(vms, place, order, context);
}

/**
 * Returns a command for the shell of `askAsRoot`, made when that shell has said that it is there. The time that passes until the guest
 * runs it, which can be seconds on a busy host, is added by the guest's own uptime, in hundredths of a second. A `date` that takes whole
 * seconds alone (busybox) is run within a quarter of a second of one.
 */
export function setClockCommand(): string {
  const hundredths = Math.round(Date.now() / 10);
  return [
    `look() { now=${hundredths}`,
    '{ read -r up _ </proc/uptime; } 2>/dev/null && [ -n "$UPTIME" ] || return 0',
    'now=$((now + (${up%.*} - ${UPTIME%.*}) * 100 + 1${up#*.} - 1${UPTIME#*.}))',
    '}',
    'look; part=$((now % 100 + 100))',
    'date -u -s "@$((now / 100)).${part#1}" >/dev/null 2>&1 || {',
    'look; part=$((now % 100))',
    '[ $part -le 25 ] || [ $part -ge 75 ] || { part=$((175 - part)); sleep 0.${part#1}; look; }',
    'date -u -s "@$(((now + 50) / 100))" >/dev/null; }',
  ].join('\n');
}
