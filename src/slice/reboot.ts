import { setTimeout as sleep } from 'node:timers/promises';
import type { VerbContext } from '../events.js';
import { hasLogin, isReachedDirectly } from '../output/ssh-config.js';
import { changeVms, type ChangedVm, type ChangeOptions, type ChangeResult } from './change-vms.js';
import { endSharedConnection, readBootId } from './guest-login.js';
import { readSshBanner } from './read-ssh-banner.js';
import type { VmFailure } from './vm-failure.js';
import { waitForVms } from './wait-for-vms.js';

export interface RebootOptions extends ChangeOptions {
  /** Milliseconds that a guest has for going down before it is reset. */
  readonly timeout: number;
  /** Milliseconds without progress after which a VM that boots is given up. */
  readonly bootTimeout: number;
  /** Reset at once. */
  readonly force: boolean;
  readonly wait: boolean;
}

/** Milliseconds between two looks at a guest that is to go down. */
const LOOK_INTERVAL = 300;
/** Milliseconds after which a guest that is still up is asked once more. */
const ASK_INTERVAL = 5000;

/**
 * Starts VMs anew and waits until they accept a login again, in a new boot. Guests are asked first; those that have not gone
 * down in time are reset. A VM that is off is started.
 */
export async function reboot(
  options: RebootOptions,
  context: VerbContext,
): Promise<ChangeResult<'rebooted' | 'reset' | 'started'>> {
  const { driver, force } = options;
  return await changeVms('reboot', options, {
    context,
    async change(changed) {
      const { vm, state, target } = changed;
      const watched = options.wait && driver.features.guests;
      if (state.power !== 'running') {
        if (state.power === 'paused') await driver.power(vm, 'off', context);
        await driver.power(vm, 'start', context);
        const failure = watched ? await waitForLogin(changed, options, context) : undefined;
        return failure ? { failure } : { change: 'started' };
      }
      const boot = watched && hasLogin(vm) ? await currentBoot(changed, context) : null;
      await endSharedConnection(target);
      context.emit({ type: 'vm-power', hostname: vm.hostname, power: 'rebooting' });
      await driver.power(vm, force ? 'reset' : 'reboot', context);
      const change = force ? 'reset' : 'rebooted';
      if (!watched) return { change };
      if (boot === null) {
        const failure = await waitForLogin(changed, options, context);
        return failure ? { failure } : { change };
      }
      return await waitForNewBoot(changed, boot, { options, context });
    },
  });
}

interface RebootContext {
  readonly options: RebootOptions;
  readonly context: VerbContext;
}

type RebootChange = { readonly change: 'rebooted' | 'reset' } | { readonly failure: VmFailure };

async function waitForNewBoot(changed: ChangedVm, boot: string, rebooting: RebootContext): Promise<RebootChange> {
  const { options, context } = rebooting;
  const { vm, target } = changed;
  let change: 'rebooted' | 'reset' = options.force ? 'reset' : 'rebooted';
  for (;;) {
    if (!(await hasGoneDown(changed, boot, rebooting))) {
      const message = `${vm.hostname} has not gone down within ${options.timeout / 1000} s: it is reset`;
      context.emit({ type: 'warning', message });
      await options.driver.power(vm, 'reset', context);
      change = 'reset';
    }
    const failure = await waitForLogin(changed, options, context);
    if (failure) return { failure };
    // A guest that was only slow to answer has not gone down.
    if ((await readBootId(target, context.signal)) !== boot) return { change };
  }
}

/** Whether the boot ends in time; a guest that is still up is asked again. */
async function hasGoneDown(changed: ChangedVm, boot: string, { options, context }: RebootContext): Promise<boolean> {
  const { vm, target } = changed;
  const { signal } = context;
  const limit = performance.now() + options.timeout;
  let asked = performance.now();
  while (performance.now() < limit) {
    signal.throwIfAborted();
    if (!(await mayAnswer(changed, signal))) return true;
    const now = await readBootId(target, signal);
    if (now !== null && now !== boot) return true;
    if (now === boot && performance.now() - asked >= ASK_INTERVAL) {
      asked = performance.now();
      await options.driver.power(vm, options.force ? 'reset' : 'reboot', context);
    }
    await sleep(LOOK_INTERVAL, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

/** The boot that is to end; null where the guest does not answer. */
async function currentBoot(changed: ChangedVm, { signal }: VerbContext): Promise<string | null> {
  return (await mayAnswer(changed, signal)) ? await readBootId(changed.target, signal) : null;
}

/** Whether it makes sense to log in; of a VM behind another machine only ssh can say it. */
async function mayAnswer({ vm, plan }: ChangedVm, signal: AbortSignal): Promise<boolean> {
  if (vm.accessAddress === null) return false;
  return !isReachedDirectly(plan, vm) || (await readSshBanner(vm.accessAddress, signal)) === 'banner';
}

async function waitForLogin(
  { vm, plan, outputDirectory }: ChangedVm,
  { driver, bootTimeout }: RebootOptions,
  context: VerbContext,
): Promise<VmFailure | undefined> {
  const options = { driver, outputDirectory, timeout: bootTimeout };
  const [failure] = await waitForVms({ ...plan, vms: [vm] }, options, context);
  return failure;
}
