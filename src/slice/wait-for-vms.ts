import { setTimeout as sleep } from 'node:timers/promises';
import type { Driver, VmObservation } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext, VmPhase } from '../events.js';
import { outputPaths } from '../filenames.js';
import { isReachedDirectly } from '../output/ssh-config.js';
import type { GuestFacts } from '../output/state.js';
import type { SlicePlan, VmPlan } from '../plan/plan.js';
import { readSshBanner } from './read-ssh-banner.js';
import { tryLogin } from './try-login.js';
import type { VmFailure } from './vm-failure.js';

export interface WaitOptions {
  readonly driver: Driver;
  /** Where the slice's ssh configuration is. */
  readonly outputDirectory: string;
  /** Milliseconds without any progress of a VM after which it is given up. */
  readonly timeout: number;
  /** Called with what a VM that is ready says of itself; null where it does not say. */
  readonly onFacts?: (vm: VmPlan, facts: GuestFacts | null) => void;
}

/** Whatever a VM writes to its console, it is given up after this many times the limit: it may be booting in circles. */
const PATIENCE = 6;
/** Milliseconds between two looks at a VM from outside. */
const OBSERVE_INTERVAL = 1000;
/** Milliseconds between two tries to reach a VM. */
const PROBE_INTERVAL = 50;
/** Milliseconds between two tries to log in to a VM that only ssh reaches. */
const LOGIN_INTERVAL = 1000;
const CONSOLE_LINES = 12;

/**
 * Waits until every VM of the plan accepts the slice's key over ssh and, where it has cloud-init, that has finished. VMs for
 * which there is nothing to wait for are ready at once. Says which VMs are missing in the end; one that is off, or has made no
 * progress (a phase, or output on its console) for the given time, is given up.
 */
export async function waitForVms(
  plan: SlicePlan,
  options: WaitOptions,
  context: VerbContext,
): Promise<readonly VmFailure[]> {
  const failures = await Promise.all(plan.vms.map((vm) => waitForVm(plan, vm, { ...options, ...context })));
  return failures.filter((failure) => failure !== null);
}

async function waitForVm(plan: SlicePlan, vm: VmPlan, options: WaitOptions & VerbContext): Promise<VmFailure | null> {
  const { driver, signal, emit } = options;
  const progress = new Progress(options.timeout, (phase) => emit({ type: 'vm', hostname: vm.hostname, phase }));
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  try {
    const verdicts = [untilReady(plan, vm, { ...options, signal: stop, progress })];
    verdicts.push(untilLost(plan, vm, { ...options, signal: stop, progress }));
    const reason = await Promise.race(verdicts);
    signal.throwIfAborted();
    if (reason === null) return null;
    const console = await driver.consoleTail(vm, plan.slice, CONSOLE_LINES);
    return { vm, phase: progress.phase, reason, console };
  } finally {
    done.abort();
  }
}

/** What is known of one VM's way, and when it last got further; milliseconds of a clock that never jumps. */
class Progress {
  phase: VmPhase = 'started';
  /** Why the last try to log in failed. */
  refusal: string | null = null;
  readonly #start = performance.now();
  #last = performance.now();
  readonly #timeout: number;
  readonly #announce: (phase: VmPhase) => void;

  constructor(timeout: number, announce: (phase: VmPhase) => void) {
    this.#timeout = timeout;
    this.#announce = announce;
  }

  reach(phase: VmPhase): void {
    if (phase === this.phase) return;
    this.phase = phase;
    this.touch();
    this.#announce(phase);
  }

  touch(): void {
    this.#last = performance.now();
  }

  /** Why the VM is to be given up, or null. */
  verdict(): string | null {
    const now = performance.now();
    const words = this.refusal === null ? '' : `; ${this.refusal}`;
    if (now - this.#last > this.#timeout) return `no progress for ${Math.round(this.#timeout / 1000)} s${words}`;
    const limit = this.#timeout * PATIENCE;
    if (now - this.#start > limit) return `still not ready after ${Math.round(limit / 1000)} s${words}`;
    return null;
  }
}

type WatchOptions = WaitOptions & VerbContext & { readonly progress: Progress };

/** Resolves with null once the VM is ready, or with the reason why it never will be. */
async function untilReady(
  plan: SlicePlan,
  vm: VmPlan,
  { outputDirectory, progress, signal, onFacts }: WatchOptions,
): Promise<string | null> {
  const address = vm.accessAddress;
  if (vm.wait === 'none' || address === null) {
    progress.reach('ready');
    return null;
  }
  const target = { sshConfig: outputPaths(outputDirectory, plan.slice).sshConfig, hostname: vm.hostname };
  const direct = isReachedDirectly(plan, vm);
  while (!signal.aborted) {
    const answer = direct ? await readSshBanner(address, signal) : 'banner';
    if (answer === 'refused') progress.reach('network');
    if (answer === 'banner') {
      if (direct) progress.reach('ssh');
      const login = await tryLogin(target, {
        signal,
        onCloudInit: () => progress.reach('cloud-init'),
        onFacts: onFacts && ((facts) => onFacts(vm, facts)),
      });
      if (login.state === 'ready') {
        progress.reach('ready');
        return null;
      }
      if (login.state === 'failed') return login.reason;
      progress.refusal = login.reason;
    }
    await sleep(direct ? PROBE_INTERVAL : LOGIN_INTERVAL, undefined, { signal }).catch(() => undefined);
  }
  return 'interrupted';
}

/** Resolves with the reason once the VM is off or has made no progress for too long; never while it gets on. */
async function untilLost(
  plan: SlicePlan,
  vm: VmPlan,
  { driver, progress, emit, signal }: WatchOptions,
): Promise<string> {
  let consoleBytes = 0;
  while (!signal.aborted) {
    await sleep(OBSERVE_INTERVAL, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const seen = await driver.observe(vm, plan.slice, { emit, signal }).catch(ignoreFailure);
    if (seen?.power === 'off' || seen?.power === 'crashed') return `the VM is ${seen.power}: it ended while booting`;
    if (seen && seen.consoleBytes > consoleBytes) {
      consoleBytes = seen.consoleBytes;
      if (progress.phase === 'started') progress.reach('booting');
      progress.touch();
    }
    const verdict = progress.verdict();
    if (verdict !== null) return verdict;
  }
  return 'interrupted';
}

/** A hypervisor that does not answer for a while, as one that is restarted, says nothing against its VMs. */
function ignoreFailure(error: unknown): VmObservation | undefined {
  if (error instanceof VirtbsError) return undefined;
  throw error;
}
