import type { Driver } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import { DRIVERS } from '../driver/known-drivers.js';
import type { Workplace } from './workplace.js';

/**
 * Opens the chosen driver where VMs' consoles are with it; returns nothing where they are in the slice's log files.
 *
 * @throws VirtbsError `driver-unable` where there are none
 */
export async function openConsoleReader(place: Workplace): Promise<Driver | undefined> {
  const consoles = await assertConsoles(place);
  return consoles === 'files' ? undefined : await place.driver();
}

/** Returns where the consoles of the chosen driver's VMs are. Nothing is opened. @throws VirtbsError `driver-unable` where there are none */
export async function assertConsoles(place: Workplace): Promise<'files' | 'driver'> {
  const { name } = await place.chosenDriver();
  const { consoles = 'files' } = DRIVERS[name] ?? {};
  if (consoles !== 'none') return consoles;
  throw new VirtbsError('driver-unable', `VMs of driver ${name} have no serial console`, {
    hint: 'virtbs log --task TASK shows what a task has printed there; virtbs ssh VM logs in',
  });
}
