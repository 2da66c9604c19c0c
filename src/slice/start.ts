import type { VerbContext } from '../events.js';
import { changeVms, type ChangeOptions, type ChangeResult } from './change-vms.js';
import { waitForVms } from '../guest/wait-for-vms.js';

export interface StartOptions extends ChangeOptions {
  /** Milliseconds without progress after which a VM is given up. */
  readonly bootTimeout: number;
  readonly wait: boolean;
}

/** Starts VMs that are off, lets go on those that are paused, and waits until all accept a login. */
export async function start(
  options: StartOptions,
  context: VerbContext,
): Promise<ChangeResult<'started' | 'resumed' | 'running'>> {
  const { driver, bootTimeout, wait } = options;
  return await changeVms('start', options, {
    context,
    async change({ state, vm, plan, outputDirectory }) {
      const { power } = state;
      if (power !== 'running') {
        await driver.power(vm, 'start', context);
        context.emit({ type: 'vm', hostname: vm.hostname, phase: 'started' });
      }
      if (wait && driver.features.guests) {
        const one = { ...plan, vms: [vm] };
        const [failure] = await waitForVms(one, { driver, outputDirectory, bootTimeout }, context);
        if (failure) return { failure };
      }
      return { change: power === 'running' ? 'running' : power === 'paused' ? 'resumed' : 'started' };
    },
  });
}
