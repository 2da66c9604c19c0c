import type { VirtbsEvent } from '../../events.js';
import type { OutputStream, Reporter } from '../command.js';
import { renderSize } from './size.js';

export type ReportLevel = 'quiet' | 'normal' | 'verbose';

/** Bytes of a download between two lines. */
const PROGRESS_STEP = 64 * 1024 * 1024;

/** One line for every event that matters at the level. */
export function createLineReporter(stream: OutputStream, level: ReportLevel): Reporter {
  const warned = new Set<string>();
  const reported = new Map<string, number>();
  return {
    emit(event) {
      if (event.type === 'image-progress') {
        const step = Math.floor(event.received / PROGRESS_STEP);
        if (step <= (reported.get(event.slot) ?? 0)) return;
        reported.set(event.slot, step);
      }
      const line = eventLine(event, level);
      if (line === null || (event.type === 'warning' && warned.has(line))) return;
      if (event.type === 'warning') warned.add(line);
      stream.write(`${line}\n`);
    },
    [Symbol.dispose]: () => undefined,
  };
}

/** What an event says in one line, or null where it says nothing at this level. */
export function eventLine(event: VirtbsEvent, level: ReportLevel): string | null {
  if (event.type === 'warning') {
    return `warning: ${event.message}${event.hint === undefined ? '' : ` (${event.hint})`}`;
  }
  if (level === 'quiet') return null;
  const verbose = level === 'verbose';
  switch (event.type) {
    case 'phase-start':
      return null;
    case 'phase-end':
      return verbose ? `${event.phase}: ${event.milliseconds.toFixed(0)} ms` : null;
    case 'vm':
      return verbose || event.phase === 'started' || event.phase === 'ready'
        ? `${event.hostname}: ${event.phase}`
        : null;
    case 'vm-gone':
      return verbose ? `${event.name}: destroyed` : null;
    case 'lock-wait':
      return `waiting for ${event.what}: ${event.holder}`;
    case 'image-start':
      return event.action === 'build' ? `image ${event.slot}: building` : `image ${event.slot}: downloading`;
    case 'image-progress':
      return `image ${event.slot}: ${progressText(event)}`;
    case 'image-log':
      return verbose ? `image ${event.slot}: ${event.line}` : null;
    case 'image-ready':
      return `image ${event.slot}: ready after ${(event.milliseconds / 1000).toFixed(1)} s`;
    case 'note':
      return event.message;
    case 'debug':
      return verbose ? event.message : null;
  }
}

/** `12 MiB of 300 MiB`, or what has come so far where the whole is unknown. */
export function progressText({
  received,
  total,
}: {
  readonly received: number;
  readonly total: number | null;
}): string {
  return total === null ? renderSize(received) : `${renderSize(received)} of ${renderSize(total)}`;
}
