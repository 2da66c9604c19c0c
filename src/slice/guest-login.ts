import { VirtbsError } from '../errors.js';
import { runProgram, type RunOptions } from '../process/run-program.js';
import { BATCH_OPTIONS, type LoginTarget } from './try-login.js';

/** What a command in a guest printed, or why it could not be run to a good end. */
export type GuestAnswer = { readonly stdout: string } | { readonly reason: string };

/** Milliseconds for a short command in a guest, login included; a guest under emulation may be slow. */
const COMMAND_LIMIT = 60_000;

/** Runs a short command in the guest's shell, without asking anybody anything. */
export async function runInGuest(
  { sshConfig, hostname }: LoginTarget,
  command: string,
  signal: AbortSignal,
): Promise<GuestAnswer> {
  return await answerOf(['-F', sshConfig, ...BATCH_OPTIONS, hostname, command], { signal });
}

async function answerOf(args: readonly string[], options: RunOptions): Promise<GuestAnswer> {
  try {
    const { stdout } = await runProgram('ssh', args, { ...options, timeout: COMMAND_LIMIT });
    return { stdout };
  } catch (error) {
    if (error instanceof VirtbsError && error.code === 'program-failed') return { reason: error.message };
    throw error;
  }
}

/** Once: on an emulated guest sudo takes longer than most of what it is called for. */
const AS_ROOT = "if [ -w /etc ]; then echo; exec sh; else exec sudo -n sh -c 'echo; exec sh'; fi";

/**
 * Runs a script in a shell of the guest's root. It is asked for when that shell is there, which can take an emulated guest many
 * seconds, and goes by standard input, where no list of processes shows it.
 */
export async function runAsRoot(
  { sshConfig, hostname }: LoginTarget,
  script: () => string,
  signal: AbortSignal,
): Promise<GuestAnswer> {
  return await answerOf(['-F', sshConfig, ...BATCH_OPTIONS, hostname, AS_ROOT], { signal, input: script });
}

/** The id of the guest's boot, new at each, or null where it cannot be asked. */
export async function readBootId(target: LoginTarget, signal: AbortSignal): Promise<string | null> {
  const answer = await runInGuest(target, 'cat /proc/sys/kernel/random/boot_id', signal);
  return 'stdout' in answer ? answer.stdout.trim() : null;
}

/** Ends the connection to a VM that ssh keeps open for the next; a dead one would hold that up for a minute. */
export async function endSharedConnection({ sshConfig, hostname }: LoginTarget): Promise<void> {
  await runProgram('ssh', ['-F', sshConfig, '-O', 'exit', hostname], { timeout: 5000 }).catch(() => undefined);
}
