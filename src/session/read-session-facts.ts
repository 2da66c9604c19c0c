import { hostname } from 'node:os';
import type { SessionFacts } from './recognize-session.js';
import { readBoot, readProcess, type ProcessState } from './read-process.js';
import { userName } from './user-name.js';

/** First major numbers of the kernel's pseudo terminals, and of consoles and serial lines. Source: Linux, devices.txt */
const PSEUDO_TERMINALS = 136;
const CONSOLES = 4;
const FIRST_SERIAL_LINE = 64;

/** Reads the facts about this process that are not in its environment. */
export async function readSessionFacts(env: Readonly<Record<string, string | undefined>>): Promise<SessionFacts> {
  const [boot, self] = await Promise.all([readBoot(), readProcess('self')]);
  const { member, leader } = await findLeader(self);
  return {
    user: env['SUDO_USER'] || userName(),
    host: hostname(),
    tty: member === null ? null : terminalName(member.terminal),
    leader: { pid: leader?.pid ?? 0, start: leader?.start ?? '0', boot },
  };
}

interface Found {
  /** A process of the session. */
  readonly member: ProcessState | null;
  /** The first process of the session. */
  readonly leader: (ProcessState & { readonly pid: number }) | null;
}

/** sudo may give what it runs a session and a terminal of its own, anew each time; those of the one who calls it count. */
async function findLeader(member: ProcessState | null): Promise<Found> {
  if (member === null) return { member, leader: null };
  const pid = member.session || (await findEldest(member));
  const leader = await readProcess(pid);
  if (leader?.name === 'sudo') return await findLeader(await readProcess(leader.parent));
  return { member, leader: leader && { ...leader, pid } };
}

/** The first ancestor that can be seen of a session whose leader is outside of this container. */
async function findEldest({ parent }: ProcessState): Promise<number> {
  const above = parent === 0 ? null : await readProcess(parent);
  if (above === null || above.session !== 0 || above.parent === 0) return parent;
  return await findEldest(above);
}

/** `pts/3`; null for no terminal. The kernel packs the number of the device: minor's low byte, major, rest of minor. */
function terminalName(device: number): string | null {
  if (device === 0) return null;
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  if (major >= PSEUDO_TERMINALS && major < PSEUDO_TERMINALS + 8) {
    return `pts/${(major - PSEUDO_TERMINALS) * 256 + minor}`;
  }
  if (major !== CONSOLES) return `tty-${major}-${minor}`;
  return minor < FIRST_SERIAL_LINE ? `tty${minor}` : `ttyS${minor - FIRST_SERIAL_LINE}`;
}
