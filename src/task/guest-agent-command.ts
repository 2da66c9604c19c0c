import type { Guest } from '../guest/guest.js';
import { sshCall } from '../guest/ssh-call.js';
import { shellQuote } from '../text/shell-quote.js';
import type { AgentCommand } from './node-agent.js';

/** Root's shell where the login is root, else by sudo. */
const AS_ROOT =
  'if [ -w /etc ]; then exec sh -c "$1" virtbs-agent "$2"; else exec sudo -n sh -c "$1" virtbs-agent "$2"; fi';

/**
 * Returns how the script that serves a node is started in a guest: as root, over a connection of its own
 * where the guest is another machine.
 *
 * @param options of ssh, which come first and win
 */
export function guestAgentCommand(guest: Guest, options: readonly string[] = []): AgentCommand {
  return (script, folder) => {
    if (guest.local === true) return ['/bin/sh', '-c', AS_ROOT, 'sh', script, folder];
    const words = ['exec', 'sh', '-c', AS_ROOT, 'sh', script, folder].map(shellQuote).join(' ');
    return ['ssh', ...sshCall(guest, { connection: 'new', options }), '--', words];
  };
}
