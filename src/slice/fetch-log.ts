import { setTimeout as sleep } from 'node:timers/promises';
import type { Driver } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { deriveUuid } from '../plan/derive-uuid.js';
import type { Console } from './find-console.js';
import type { LogOptions } from './read-log.js';
import { startOfLast } from './start-of-last.js';
import { textSince } from './text-since.js';

export interface FetchLogOptions extends Omit<LogOptions, 'signal'> {
  readonly driver: Pick<Driver, 'readConsole'>;
  /** Milliseconds between two looks at a log that is followed. */
  readonly interval?: number;
}

const FOLLOW_INTERVAL = 2000;

/**
 * The log of a serial console that is kept where the driver reads it; one that is begun anew while it is followed comes from its
 * beginning. While it is followed, that the connection is lost is a warning.
 */
export async function* fetchLog(
  { hostname, domain }: Console,
  { driver, lines, follow, interval = FOLLOW_INTERVAL }: FetchLogOptions,
  context: VerbContext,
): AsyncGenerator<Uint8Array> {
  const { emit, signal } = context;
  const vm = { hostname, domain, uuid: deriveUuid(`domain:${domain}`) };
  let old: string | undefined;
  let lost = false;
  /** Nothing where the connection is lost. */
  const read = async (): Promise<string | undefined> => {
    try {
      const text = (await driver.readConsole?.(vm, context)) ?? '';
      lost = false;
      return text;
    } catch (error) {
      if (follow && signal.aborted) return undefined;
      if (old === undefined || !isLost(error)) throw error;
      if (!lost) emit({ type: 'warning', message: `${error.message}; trying again until it is there` });
      lost = true;
      return undefined;
    }
  };
  while (!signal.aborted) {
    const now = await read();
    if (now !== undefined) {
      const text = old === undefined ? lastLines(now, lines) : textSince(old, now);
      // One that cannot be read for a moment goes on from where it was.
      old = now === '' ? (old ?? '') : now;
      if (text.length > 0) yield Buffer.from(text);
    }
    if (!follow) return;
    await sleep(interval, undefined, { signal }).catch(() => undefined);
  }
}

function lastLines(text: string, lines: number | undefined): string {
  if (lines === undefined) return text;
  const bytes = Buffer.from(text);
  return bytes.toString('utf8', startOfLast(bytes, lines));
}

function isLost(error: unknown): error is VirtbsError {
  return error instanceof VirtbsError && error.code === 'cloud-unreachable';
}
