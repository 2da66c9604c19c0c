import { setTimeout as sleep } from 'node:timers/promises';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { changeVms, type ChangedVm, type ChangeOptions, type ChangeResult } from './change-vms.js';
import { endSharedConnection } from '../guest/end-shared-connection.js';

export interface StopOptions extends ChangeOptions {
  /** Milliseconds that a guest has for turning itself off before its power is cut. */
  readonly shutdownTimeout: number;
  /** Cut the power at once. */
  readonly force: boolean;
}

/** Milliseconds between two looks at a VM. */
const LOOK_INTERVAL = 200;
/** Milliseconds after which a guest is asked once more: one that is still booting hears nothing. */
const ASK_INTERVAL = 5000;

/** Turns VMs off: asks their guests first, and cuts the power of those that have not followed in time. */
export async function stop(
  options: StopOptions,
  context: VerbContext,
): Promise<ChangeResult<'stopped' | 'power-cut' | 'off'>> {
  const { driver, force } = options;
  return await changeVms('stop', options, {
    context,
    async change(changed) {
      const { vm, state, target } = changed;
      if (state.power === 'off') return { change: 'off' };
      await endSharedConnection(target);
      // The guest of a paused VM hears nothing.
      const listens = !force && state.power === 'running';
      const followed = listens && (await askToStop(changed, options, context));
      if (!followed) await driver.power(vm, 'off', context);
      context.emit({ type: 'vm-power', hostname: vm.hostname, power: 'off' });
      return { change: followed ? 'stopped' : 'power-cut' };
    },
  });
}

/** Tells whether the guest has turned itself off in time. */
async function askToStop(
  { vm, plan }: ChangedVm,
  { driver, shutdownTimeout }: StopOptions,
  context: VerbContext,
): Promise<boolean> {
  const { emit, signal } = context;
  const limit = performance.now() + shutdownTimeout;
  let asked = -Infinity;
  emit({ type: 'vm-power', hostname: vm.hostname, power: 'stopping' });
  while (performance.now() < limit) {
    signal.throwIfAborted();
    if (performance.now() - asked >= ASK_INTERVAL) {
      asked = performance.now();
      await driver.power(vm, 'shutdown', context).catch(ignoreRefusal);
    }
    const { power } = await driver.observe(vm, plan.slice, context);
    if (power === 'off') return true;
    await sleep(LOOK_INTERVAL, undefined, { signal }).catch(() => undefined);
  }
  emit({
    type: 'warning',
    message: `${vm.hostname} has not turned itself off within ${shutdownTimeout / 1000} s: its power is cut`,
  });
  return false;
}

/** A guest's agent that fails is as good as a guest that does not listen. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof VirtbsError) || error.code === 'cancelled') throw error;
}
