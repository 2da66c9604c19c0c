import { runProgram } from '../process/run-program.js';
import type { Guest } from './guest.js';
import { sshCall } from './ssh-call.js';

/** Milliseconds; the other end of the call is a process of this machine. */
const LIMIT = 5000;

/** Ends the connection to a VM that ssh keeps open for the next; a dead one would hold that up for a minute. */
export async function endSharedConnection(guest: Guest): Promise<void> {
  const args = sshCall(guest, { connection: 'shared', options: ['-O', 'exit'] });
  await runProgram('ssh', args, { timeout: LIMIT }).catch(() => undefined);
}
