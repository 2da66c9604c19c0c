import { hostname } from 'node:os';
import { isRunning } from './read-process.js';
import { sessionLeader } from './recognize-session.js';
import type { Session } from './session.js';

/**
 * Tells whether a session is over for certain: its shell on this host has ended. Of a CI system's run, or a shell elsewhere,
 * that cannot be seen from here.
 */
export async function isSessionGone(session: Session): Promise<boolean> {
  const leader = sessionLeader(session);
  if (leader === null || session.host !== hostname()) return false;
  return (await isRunning(leader)) === false;
}
