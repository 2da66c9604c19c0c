import { readSessionFacts } from '../session/read-session-facts.js';
import { recognizeSession } from '../session/recognize-session.js';
import type { Session } from '../session/session.js';
import type { CommandContext } from './command.js';

/** Who asks for this command, and from where. */
export async function describeSession({ env }: Pick<CommandContext, 'env'>): Promise<Session> {
  return recognizeSession(env, await readSessionFacts(env));
}
