import { setTimeout as sleep } from 'node:timers/promises';
import type { VerbContext } from '../events.js';
import { hasLogin, isReachedDirectly } from '../output/ssh-config.js';
import { changeVms, type ChangedVm, type ChangeOptions, type ChangeResult } from './change-vms.js';
import { endSharedConnection } from '../guest/end-shared-connection.js';
import { readBootId } from '../guest/read-boot-id.js';
import { readSshBanner } from '../guest/read-ssh-banner.js';
import type { VmFailure } from '../guest/vm-failure.js';
import { waitForVms } from '../guest/wait-for-vms.js';

export interface RebootOptions extends ChangeOptions {
  /** Milliseconds that a guest has for going down before it is reset. */
  readonly shutdownTimeout: number;
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
      const boot = watched && hasLogin(vm) ? await currentBoot(changed, options, context) : null;
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
  const { signal } = context;
  const limit = performance.now() + options.shutdownTimeout;
  while (await hasGoneDown(changed, boot, { ...rebooting, limit })) {
    const failure = await waitForLogin(changed, options, context);
    if (failure) return { failure };
    // A guest that was only slow to answer has not gone down.
    if ((await readBootId(target, { signal })) !== boot) return { change: options.force ? 'reset' : 'rebooted' };
  }
  const message = `${vm.hostname} has not gone down within ${options.shutdownTimeout / 1000} s: it is reset`;
  context.emit({ type: 'warning', message });
  await options.driver.power(vm, 'reset', context);
  // A reset is no matter of the guest's: whatever boot id it gives, this is a new boot.
  const failure = await waitForLogin(changed, options, context);
  return failure ? { failure } : { change: 'reset' };
}

/** Tells whether the boot ends in time; a guest that is still up is asked again. */
async function hasGoneDown(
  changed: ChangedVm,
  boot: string,
  { options, context, limit }: RebootContext & { readonly limit: number },
): Promise<boolean> {
  const { vm, target } = changed;
  const { signal } = context;
  let asked = performance.now();
  while (performance.now() < limit) {
    signal.throwIfAborted();
    if (!(await mayAnswer(changed, signal))) return true;
    const now = await readBootId(target, { signal, deadline: Math.max(0, limit - performance.now()) });
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
async function currentBoot(
  changed: ChangedVm,
  { shutdownTimeout: deadline }: RebootOptions,
  { signal }: VerbContext,
): Promise<string | null> {
  return (await mayAnswer(changed, signal)) ? await readBootId(changed.target, { signal, deadline }) : null;
}

/** Tells whether it makes sense to log in; of a VM behind another machine only ssh can say it. */
async function mayAnswer({ vm, plan }: ChangedVm, signal: AbortSignal): Promise<boolean> {
  if (vm.accessAddress === null) return false;
  return !isReachedDirectly(plan, vm) || (await readSshBanner(vm.accessAddress, signal)) === 'banner';
}

async function waitForLogin(
  { vm, plan, outputDirectory }: ChangedVm,
  { driver, bootTimeout }: RebootOptions,
  context: VerbContext,
): Promise<VmFailure | undefined> {
  const options = { driver, outputDirectory, bootTimeout };
  const [failure] = await waitForVms({ ...plan, vms: [vm] }, options, context);
  return failure;
}
