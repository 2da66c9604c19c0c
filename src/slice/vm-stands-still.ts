import type { Driver } from '../driver/types.js';
import type { VerbContext } from '../events.js';

/**
 * Returns a function that asks the driver why a VM of the slice does not run: only a person lets it go on, so nobody needs to wait for
 * it. Null where it runs, and where the driver does not answer.
 */
export function vmStandsStill(
  driver: Driver,
  slice: number,
  context: VerbContext,
): (hostname: string) => Promise<'off' | 'paused' | null> {
  return async (hostname) => {
    const states = await driver.inspect({ slice }, context).catch(() => []);
    const powers = states.flatMap(({ vms }) => vms).filter((vm) => vm.hostname === hostname);
    if (powers.some(({ power }) => power === 'off' || power === 'crashed')) return 'off';
    return powers.some(({ power }) => power === 'paused') ? 'paused' : null;
  };
}
