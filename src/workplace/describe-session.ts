import { readSessionFacts } from '../session/read-session-facts.js';
import { recognizeSession } from '../session/recognize-session.js';
import type { Session } from '../session/session.js';
import type { WorkplaceSettings } from './workplace-settings.js';

/** Returns who asks for the work, and from where. */
export async function describeSession({ env }: Pick<WorkplaceSettings, 'env'>): Promise<Session> {
  return recognizeSession(env, await readSessionFacts(env));
}
