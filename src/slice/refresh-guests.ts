import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VerbContext } from '../events.js';
import { outputPaths } from '../filenames.js';
import type { VmPlan } from '../plan/plan.js';
import { runAsRoot } from './guest-login.js';
import { setClockCommand } from './set-clocks.js';
import type { VmFailure } from './vm-failure.js';

export interface RefreshOptions {
  readonly slice: number;
  readonly outputDirectory: string;
}

/** Milliseconds after which a guest is not tried again, and between two tries: one that was kept listened. */
const LIMIT = 30_000;
const INTERVAL = 100;
const ENTROPY_BYTES = 64;

/**
 * What is written to the device is mixed in, but taken from only at the kernel's next reseeding, up to a minute later; the
 * ioctl RNDRESEEDCRNG makes that now. A guest without a program that can call it opens the device of hibernation for writing and
 * closes it again: its kernel then takes it that memory will be replaced, and reseeds.
 * Source: random(4), linux/random.h; drivers/char/random.c and kernel/power/user.c of Linux 6.1
 */
const RESEED = [
  'if command -v perl >/dev/null 2>&1; then perl -e \'open(F,">/dev/urandom") && ioctl(F,0x5207,0)\'',
  'elif command -v python3 >/dev/null 2>&1',
  'then python3 -c \'import fcntl; fcntl.ioctl(open("/dev/urandom","wb"),0x5207)\'',
  'else true >/dev/snapshot',
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
  { slice, outputDirectory }: RefreshOptions,
  { emit, signal }: VerbContext,
): Promise<VmFailure | null> {
  const { sshConfig } = outputPaths(outputDirectory, slice);
  const limit = performance.now() + LIMIT;
  for (;;) {
    const answer = await runAsRoot({ sshConfig, hostname: vm.hostname }, refreshScript, signal);
    if (!('reason' in answer)) {
      emit({ type: 'vm', hostname: vm.hostname, phase: 'ready' });
      return null;
    }
    if (performance.now() > limit) return { vm, phase: 'started', reason: answer.reason, console: [] };
    await sleep(INTERVAL, undefined, { signal }).catch(() => undefined);
  }
}

function refreshScript(): string {
  const entropy = randomBytes(ENTROPY_BYTES).toString('hex');
  return [`${setClockCommand()} || exit`, `printf %s ${entropy} >/dev/urandom`, RESEED, 'exit 0', ''].join('\n');
}
