import { GerritAway, GerritRefusal } from './gerrit-away.js';
import type { GerritClient } from './gerrit-client.js';

/** The plugin reads times by the server's time zone, which nobody tells: the westernmost is 12 hours behind UTC. */
const TIME_ZONES = 12 * 3600;

/**
 * The events since a time, as the plugin events-log keeps them: in no order, older ones among them, encoded as the stream has them.
 *
 * @param from seconds since 1970
 * @returns undefined where the server does not have the plugin, or its database is away
 *
 * Source: plugins/events-log, Documentation/rest-api-events
 */
export async function readEventsLog(
  client: GerritClient,
  from: number,
  signal: AbortSignal,
): Promise<readonly unknown[] | undefined> {
  const time = new Date((from - TIME_ZONES) * 1000).toISOString().slice(0, 19).replace('T', ' ');
  let text: string;
  try {
    text = await client.getText(`plugins/events-log/events/?t1=${encodeURIComponent(time)}`, signal);
  } catch (error) {
    const isAway = error instanceof GerritAway && error.status === 503;
    if (error instanceof GerritRefusal || isAway) return undefined;
    throw error;
  }
  return text.split('\n').flatMap((line) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch {
      // Cut off in the middle: the query finds what is missing.
      return [{ type: 'dropped-output' }];
    }
  });
}
