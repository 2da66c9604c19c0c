import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { outputPaths } from '../filenames.js';
import type { GuestFacts } from '../output/state.js';
import type { VmPlan } from '../plan/plan.js';
import { runProgram } from '../process/run-program.js';
import { FACT_QUESTIONS, parseFacts } from './guest-facts.js';
import { clockCommand } from './set-clocks.js';
import { BATCH_OPTIONS } from './try-login.js';
import type { VmFailure } from './vm-failure.js';

export interface RefreshOptions {
  readonly slice: number;
  readonly outputDirectory: string;
  /** Called with what a guest says of itself; null where it does not say. */
  readonly onFacts: (vm: VmPlan, facts: GuestFacts | null) => void;
}

/** Milliseconds for all tries to log in to a guest, and between two; one that was kept while it listened answers at once. */
const LIMIT = 30_000;
const INTERVAL = 100;
const ENTROPY_BYTES = 64;
const READY = 'virtbs: refreshed';

/**
 * What is written to the device is mixed in, but taken from only at the kernel's next reseeding, up to a minute later; the
 * ioctl RNDRESEEDCRNG makes that now. A guest without a program that can call it opens the device of hibernation for writing and
 * closes it again: its kernel then takes it that memory will be replaced, and reseeds.
 * Source: random(4), linux/random.h; drivers/char/random.c and kernel/power/user.c of Linux 6.1
 */
const RESEED = [
  'if command -v perl >/dev/null 2>&1; then $root perl -e \'open(F,">/dev/urandom") && ioctl(F,0x5207,0)\'',
  'elif command -v python3 >/dev/null 2>&1',
  'then $root python3 -c \'import fcntl; fcntl.ioctl(open("/dev/urandom","wb"),0x5207)\'',
  "else $root sh -c ': >/dev/snapshot'",
  'fi >/dev/null 2>&1',
].join('\n');

/**
 * Makes guests that go on from saved memory right: the time that it is, random numbers of their own. That is done by a login
 * with the slice's key and strict checking of the host key, which shows that they answer. Says which do not.
 */
export async function refreshGuests(
  vms: readonly VmPlan[],
  options: RefreshOptions,
  context: VerbContext,
): Promise<readonly VmFailure[]> {
  const failures = await Promise.all(vms.map((vm) => refreshGuest(vm, options, context)));
  return failures.filter((failure) => failure !== null);
}

async function refreshGuest(
  vm: VmPlan,
  { slice, outputDirectory, onFacts }: RefreshOptions,
  { emit, signal }: VerbContext,
): Promise<VmFailure | null> {
  const { sshConfig } = outputPaths(outputDirectory, slice);
  const limit = performance.now() + LIMIT;
  for (;;) {
    try {
      const lines = await logIn(vm, sshConfig, signal);
      onFacts(vm, parseFacts(lines.slice(lines.indexOf(READY) + 1)));
      emit({ type: 'vm', hostname: vm.hostname, phase: 'ready' });
      return null;
    } catch (error) {
      if (!(error instanceof VirtbsError) || error.code !== 'program-failed') throw error;
      if (performance.now() > limit) return { vm, phase: 'started', reason: error.message, console: [] };
    }
    await sleep(INTERVAL, undefined, { signal }).catch(() => undefined);
  }
}

/** What the guest said. */
async function logIn({ hostname }: VmPlan, sshConfig: string, signal: AbortSignal): Promise<readonly string[]> {
  const script = ['cat >/dev/urandom', clockCommand(), RESEED, `echo '${READY}'`, FACT_QUESTIONS, 'exit 0'];
  const { stdout } = await runProgram('ssh', ['-F', sshConfig, ...BATCH_OPTIONS, hostname, script.join('\n')], {
    signal,
    timeout: LIMIT,
    input: randomBytes(ENTROPY_BYTES).toString('base64'),
  });
  return stdout.split('\n');
}
