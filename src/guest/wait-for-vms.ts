import { setTimeout as sleep } from 'node:timers/promises';
import type { Driver, VmObservation } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext, VmPhase } from '../events.js';
import { isReachedDirectly } from '../output/ssh-config.js';
import type { GuestFacts } from '../output/state.js';
import type { SlicePlan, VmPlan } from '../plan/plan.js';
import { readSshBanner } from './read-ssh-banner.js';
import { hasFirstBootSteps } from '../plan/first-boot-problems.js';
import { guestOf } from './guest-of.js';
import type { Guest } from './guest.js';
import { mountShares } from './mount-shares.js';
import { runFirstBoot, type FirstBootFailure } from './run-first-boot.js';
import { tryLogin, type LoginResult } from './try-login.js';
import type { VmFailure } from './vm-failure.js';

export interface WaitOptions {
  readonly driver: Driver;
  /** The folder of the slice's ssh configuration. */
  readonly outputDirectory: string;
  /** Milliseconds without any progress of a VM after which it is given up. */
  readonly bootTimeout: number;
  /** Called with what a VM that is ready says of itself; null where it does not say. */
  readonly onFacts?: (vm: VmPlan, facts: GuestFacts | null) => void;
  /** The VMs that boot for the first time; the others are given nothing. */
  readonly firstBoot?: FirstBootWait | undefined;
  /** The way to log in to a guest; `tryLogin` where not given. */
  readonly login?: LoginTry | undefined;
}

export interface FirstBootWait {
  readonly hostnames: ReadonlySet<string>;
  /** Returns the file that gets all that a guest says meanwhile. */
  readonly log: (hostname: string) => string;
}

/** Logs in to a guest once, and says whether it is ready. */
export interface LoginTry {
  readonly attempt: (guest: Guest, options: { readonly signal: AbortSignal }) => Promise<LoginResult>;
  /** True if the guests do not boot but go on: they listen already, and their consoles are not empty. */
  readonly goesOn: boolean;
}

/** Whatever a VM writes to its console, it is given up after this many times the limit: it may be booting in circles. */
const PATIENCE = 6;
/** Milliseconds between two looks at a VM from outside. */
const OBSERVE_INTERVAL = 1000;
/** Milliseconds between two tries to reach a VM. */
const PROBE_INTERVAL = 50;
/** Milliseconds between two tries to log in to a VM that only ssh reaches, and to one that goes on. */
const LOGIN_INTERVAL = 1000;
const GOES_ON_INTERVAL = 100;
const CONSOLE_LINES = 12;

/**
 * Waits until every VM of the plan accepts the slice's key over ssh and, where it has cloud-init, that has finished; then gives it
 * what it is to have from its first boot on. VMs for which there is nothing to wait for are ready at once. Says which VMs are missing in the end; one that is off, or has made no
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
  const progress = new Progress(options.bootTimeout, (phase, detail) =>
    emit({ type: 'vm', hostname: vm.hostname, phase, ...(detail !== undefined && { detail }) }),
  );
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  try {
    const verdicts = [untilReady(plan, vm, { ...options, signal: stop, progress })];
    verdicts.push(untilLost(plan, vm, { ...options, signal: stop, progress }));
    const verdict = await Promise.race(verdicts);
    signal.throwIfAborted();
    if (verdict === null) return null;
    const console = verdict.lines ?? (await driver.consoleTail(vm, plan.slice, CONSOLE_LINES));
    const { reason, ended } = verdict;
    return { vm, phase: progress.phase, reason, ended, console };
  } finally {
    done.abort();
  }
}

type Announce = (phase: VmPhase, detail?: string) => void;

/** The progress of one VM, and the time of its last step, in milliseconds of a clock that never jumps. */
class Progress {
  phase: VmPhase = 'started';
  /** The reason why the last try to log in failed. */
  refusal: string | null = null;
  #detail: string | undefined;
  #start = performance.now();
  #last = performance.now();
  readonly #timeout: number;
  readonly #announce: Announce;

  constructor(timeout: number, announce: Announce) {
    this.#timeout = timeout;
    this.#announce = announce;
  }

  /** @param detail the step of the phase */
  reach(phase: VmPhase, detail?: string): void {
    if (phase === this.phase && detail === this.#detail) return;
    // A guest that is given something does not boot in circles.
    if (phase === 'first-boot' && phase !== this.phase) this.#start = Number.POSITIVE_INFINITY;
    this.phase = phase;
    this.#detail = detail;
    this.touch();
    this.#announce(phase, detail);
  }

  touch(): void {
    this.#last = performance.now();
  }

  /** Returns why the VM is to be given up, or null. */
  verdict(): string | null {
    const now = performance.now();
    const words = this.refusal === null ? '' : `; ${this.refusal}`;
    if (now - this.#last > this.#timeout) return `no progress for ${Math.round(this.#timeout / 1000)} s${words}`;
    const limit = this.#timeout * PATIENCE;
    if (now - this.#start > limit) return `still not ready after ${Math.round(limit / 1000)} s${words}`;
    return null;
  }
}

interface Verdict extends Pick<VmFailure, 'reason' | 'ended'> {
  /** Lines that tell more than those of its console. */
  readonly lines?: readonly string[];
}

type WatchOptions = WaitOptions & VerbContext & { readonly progress: Progress };

/** Resolves with null once the VM is ready, or with why it never will be. */
async function untilReady(
  plan: SlicePlan,
  vm: VmPlan,
  { outputDirectory, progress, signal, onFacts, login, firstBoot }: WatchOptions,
): Promise<Verdict | null> {
  const address = vm.accessAddress;
  if (vm.wait === 'none' || address === null) {
    progress.reach('ready');
    return null;
  }
  const guest = guestOf(plan, vm.hostname, outputDirectory);
  const direct = isReachedDirectly(plan, vm) && login?.goesOn !== true;
  while (!signal.aborted) {
    const answer = direct ? await readSshBanner(address, signal) : 'banner';
    if (answer === 'refused') progress.reach('network');
    if (answer === 'banner') {
      if (direct) progress.reach('ssh');
      const result = login
        ? await login.attempt(guest, { signal })
        : await tryLogin(guest, {
            signal,
            onCloudInit: (module) => progress.reach('cloud-init', module),
            modules: vm.firstBoot?.userData !== undefined,
            onFacts: onFacts && ((facts) => onFacts(vm, facts)),
          });
      if (result.state === 'ready') {
        const failure = await bootFirst(vm, guest, { progress, signal, firstBoot });
        if (failure) return { reason: `first boot: ${failure.reason}`, lines: failure.lines };
        progress.reach('ready');
        return null;
      }
      if (result.state === 'failed') return result;
      progress.refusal = result.reason;
    }
    const interval = direct ? PROBE_INTERVAL : login?.goesOn === true ? GOES_ON_INTERVAL : LOGIN_INTERVAL;
    await sleep(interval, undefined, { signal }).catch(() => undefined);
  }
  return { reason: 'interrupted' };
}

/** Gives a guest what it is to have from its first boot on, where that is anything. */
async function bootFirst(
  vm: VmPlan,
  guest: Guest,
  { progress, signal, firstBoot }: Pick<WatchOptions, 'progress' | 'signal' | 'firstBoot'>,
): Promise<FirstBootFailure | null> {
  if (!hasFirstBootSteps(vm) || firstBoot?.hostnames.has(vm.hostname) !== true) return null;
  progress.reach('first-boot');
  if (vm.share) {
    progress.reach('first-boot', `share ${vm.share.map(({ path }) => path).join(', ')}`);
    const failure = await mountShares(guest, vm.share, { signal });
    if (failure) return failure;
  }
  if (!vm.firstBoot || !hasFirstBootSteps({ firstBoot: vm.firstBoot })) return null;
  return await runFirstBoot(guest, vm.firstBoot, {
    signal,
    log: firstBoot.log(vm.hostname),
    onStep: (step) => progress.reach('first-boot', step),
    onLine: () => progress.touch(),
  });
}

/** Resolves with the reason once the VM is off or has made no progress for too long; never while it gets on. */
async function untilLost(
  plan: SlicePlan,
  vm: VmPlan,
  { driver, progress, emit, signal, login }: WatchOptions,
): Promise<Verdict> {
  let consoleBytes = login?.goesOn === true ? Number.POSITIVE_INFINITY : 0;
  while (!signal.aborted) {
    await sleep(OBSERVE_INTERVAL, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const seen = await driver.observe(vm, plan.slice, { emit, signal }).catch(ignoreFailure);
    if (seen?.power === 'off' || seen?.power === 'crashed') {
      const when = login?.goesOn === true ? 'when it went on' : 'while booting';
      return { reason: `the VM is ${seen.power}: it ended ${when}`, ended: true };
    }
    if (seen && consoleBytes === Number.POSITIVE_INFINITY) ({ consoleBytes } = seen);
    if (seen && seen.consoleBytes > consoleBytes) {
      consoleBytes = seen.consoleBytes;
      if (progress.phase === 'started' && login?.goesOn !== true) progress.reach('booting');
      progress.touch();
    }
    const verdict = progress.verdict();
    if (verdict !== null) return { reason: verdict };
  }
  return { reason: 'interrupted' };
}

/** A hypervisor that does not answer for a while, as one that is restarted, says nothing against its VMs. */
function ignoreFailure(error: unknown): VmObservation | undefined {
  if (error instanceof VirtbsError) return undefined;
  throw error;
}
