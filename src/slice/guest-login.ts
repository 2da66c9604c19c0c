import { VirtbsError } from '../errors.js';
import { runProgram } from '../process/run-program.js';
import { BATCH_OPTIONS, type LoginTarget } from './try-login.js';

/** Milliseconds for a short command in a guest, login included; a guest under emulation may be slow. */
const COMMAND_LIMIT = 30_000;

/** The id of the guest's boot, new at each, or null where it cannot be asked. */
export async function readBootId(target: LoginTarget, signal: AbortSignal): Promise<string | null> {
  const id = await runInGuest(target, 'cat /proc/sys/kernel/random/boot_id', signal);
  return id === null ? null : id.trim();
}

/** What a command in the guest's shell prints; null where nobody could log in, or the command failed. */
export async function runInGuest(
  { sshConfig, hostname }: LoginTarget,
  command: string,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const args = ['-F', sshConfig, ...BATCH_OPTIONS, hostname, command];
    return (await runProgram('ssh', args, { signal, timeout: COMMAND_LIMIT })).stdout;
  } catch (error) {
    if (error instanceof VirtbsError && error.code === 'program-failed') return null;
    throw error;
  }
}

/** Ends the connection to a VM that ssh keeps open for the next; a dead one would hold that up for a minute. */
export async function endSharedConnection({ sshConfig, hostname }: LoginTarget): Promise<void> {
  await runProgram('ssh', ['-F', sshConfig, '-O', 'exit', hostname], { timeout: 5000 }).catch(() => undefined);
}
