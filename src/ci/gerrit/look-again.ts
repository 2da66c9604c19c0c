import type { ChangeEvent } from '../change-event.js';
import type { GerritClient } from './gerrit-client.js';
import type { GerritConnection } from './gerrit-connection.js';
import { eventsOfChange } from './read-change-info.js';
import { readEventsLog } from './read-events-log.js';
import { readStreamEvent } from './read-stream-event.js';

export interface LookOptions {
  readonly connection: GerritConnection;
  /** For the plugin events-log; null where there is no REST interface. */
  readonly client: GerritClient | null;
  /** The server's name, with which ids begin. */
  readonly server: string;
  readonly projects: readonly string[];
  readonly files: boolean;
  /** The tag of our own messages. */
  readonly tag: string;
  /** Whether changes are queried although the log has been read. */
  readonly thorough: boolean;
  readonly signal: AbortSignal;
}

/**
 * What happened since a time, as far as Gerrit can still tell: by the plugin events-log, which has it as the stream had it; without
 * that, and now and then beside it, by a query, which has each change's newest patch set, comments and end.
 *
 * @param from seconds since 1970
 * @throws GerritAway, GerritRefusal, VirtbsError `cancelled`
 */
export async function* lookAgain(from: number, options: LookOptions): AsyncGenerator<ChangeEvent, void, undefined> {
  const { connection, client, server, projects, files, tag, thorough, signal } = options;
  const logged = client ? await readEventsLog(client, from, signal) : undefined;
  const context = { server, now: connection.now() };
  const read = (logged ?? []).map((message) => readStreamEvent(message, context));
  const events = read.flatMap((found) => (found.type === 'event' ? [found.event] : []));
  yield* inOrder(events.filter(({ at }) => Date.parse(at) >= from * 1000));
  if (logged && !thorough && read.every(({ type }) => type !== 'lost')) return;
  const seconds = Math.max(60, connection.now() / 1000 - from);
  const found: ChangeEvent[] = [];
  for await (const state of connection.changedWithin(seconds, { projects, files, signal })) {
    found.push(...eventsOfChange(state, { server, from, tag }));
  }
  yield* inOrder(found);
}

function inOrder(events: readonly ChangeEvent[]): readonly ChangeEvent[] {
  return events.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
}
