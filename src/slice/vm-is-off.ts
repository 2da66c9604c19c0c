import type { Driver } from '../driver/types.js';
import type { VerbContext } from '../events.js';

/**
 * Returns a function that asks the driver whether a VM of the slice is off: nothing but virtbs turns it on again, so nobody needs to wait
 * for it. False where the driver does not answer.
 */
export function vmIsOff(driver: Driver, slice: number, context: VerbContext): (hostname: string) => Promise<boolean> {
  return async (hostname) => {
    const states = await driver.inspect({ slice }, context).catch(() => []);
    const powers = states.flatMap(({ vms }) => vms).filter((vm) => vm.hostname === hostname);
    return powers.some(({ power }) => power === 'off' || power === 'crashed');
  };
}
