import type { VerbContext } from '../events.js';
import { askGuest } from '../guest/ask-guest.js';
import { guestOf } from '../guest/guest-of.js';
import { findings, type Finding } from '../host/finding.js';
import { openHost } from '../host/host.js';
import { readSlice, type StandingOptions, type StandingSlice } from './standing-slice.js';

const programs = findings('programs');
const { ok, fail } = findings('machines');

/** Answers whether tasks can be run there: as root, or by sudo. Changes nothing. */
const QUESTION = 'if [ -w /etc ] || sudo -n true 2>/dev/null; then echo root; else echo "nobody $(id -un)"; fi';

/**
 * Checks what a slice needs that stands without being made: ssh here, and on each machine a login and root. Changes nothing on them.
 *
 * @throws VirtbsError `slice-empty`
 */
export async function checkMachines(options: StandingOptions, context: VerbContext): Promise<readonly Finding[]> {
  const standing = await readSlice(options, context);
  const ssh = await openHost(context.signal).find('ssh');
  if (ssh === null) return [programs.fail('ssh is not installed', 'install it: apt install openssh-client')];
  const found = await Promise.all(standing.plan.vms.map(({ hostname }) => checkMachine(hostname, standing, context)));
  return [programs.ok(`ssh is ${ssh}`), ...found];
}

async function checkMachine(
  hostname: string,
  { plan, outputDirectory }: StandingSlice,
  { signal }: VerbContext,
): Promise<Finding> {
  const answer = await askGuest(guestOf(plan, hostname, outputDirectory), QUESTION, { signal });
  if ('reason' in answer) {
    return fail(`${hostname} accepts no login: ${answer.reason}`, `virtbs -s ${plan.slice} ssh ${hostname}`);
  }
  const [word, user = ''] = answer.stdout.trim().split(' ');
  if (word === 'root') return ok(`${hostname} accepts a login, and tasks can be run there`);
  return fail(
    `${hostname}: ${user} may not use sudo without a password: no task can be run there`,
    `log in as root, or allow it there: echo '${user} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/${user}`,
  );
}
