import type { VirtbsEvent } from '../../events.js';
import type { GlobalArguments, OutputStream, Reporter } from '../command.js';
import { progressText } from './progress-text.js';
import { visibleText } from '../../text/visible-text.js';

export type ReportLevel = 'quiet' | 'normal' | 'verbose';

/** The phases of a VM that are told without --verbose. */
const TOLD_PHASES: ReadonlySet<string> = new Set(['started', 'first-boot', 'ready']);

/** Milliseconds of a download before its first line, and between two. */
const PROGRESS_INTERVAL = 5000;

/** Returns how much the user wants to be told. */
export function reportLevel({ quiet, verbose }: Pick<GlobalArguments, 'quiet' | 'verbose'>): ReportLevel {
  if (quiet) return 'quiet';
  return verbose ? 'verbose' : 'normal';
}

/** One line for every event that matters at the level; `now` gives milliseconds. */
export function createLineReporter(stream: OutputStream, level: ReportLevel, now = () => performance.now()): Reporter {
  const warned = new Set<string>();
  const reported = new Map<string, number>();
  return {
    emit(event) {
      if (event.type === 'image-start') reported.set(event.slot, now());
      if (event.type === 'image-progress') {
        if (now() - (reported.get(event.slot) ?? 0) < PROGRESS_INTERVAL) return;
        reported.set(event.slot, now());
      }
      const line = eventLine(event, level);
      if (line === null || (event.type === 'warning' && warned.has(line))) return;
      if (event.type === 'warning') warned.add(line);
      stream.write(`${visibleText(line)}\n`);
    },
    [Symbol.dispose]: () => undefined,
  };
}

/** Returns an event as one line, or null where the event is not shown at this level. */
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
      return verbose || TOLD_PHASES.has(event.phase) ? `${event.hostname}: ${vmText(event)}` : null;
    case 'vm-power':
      return `${event.hostname}: ${event.power}`;
    case 'task':
      return verbose || (event.state !== 'skipped' && event.state !== 'running') ? taskText(event) : null;
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
    case 'request':
      return verbose ? requestText(event) : null;
    case 'note':
      return event.message;
    case 'debug':
      return verbose ? event.message : null;
  }
}

/** `cloud-init: scripts-user`, `first boot: script setup.sh`, `ready`. */
export function vmText({ phase, detail }: Pick<Extract<VirtbsEvent, { type: 'vm' }>, 'phase' | 'detail'>): string {
  return [phase === 'first-boot' ? 'first boot' : phase, detail].filter((part) => part !== undefined).join(': ');
}

type Request = Extract<VirtbsEvent, { readonly type: 'request' }>;

/** `compute: POST /servers 202, 153 ms, req-8b1f…` */
function requestText({ service, method, path, status, milliseconds, requestId }: Request): string {
  const id = requestId === null ? '' : `, ${requestId}`;
  return `${service}: ${method} ${path} ${status ?? 'broke off'}, ${milliseconds.toFixed(0)} ms${id}`;
}

/** `primary: controller-02: done after 3.2 s`. */
function taskText({ task, vm, state, why, milliseconds = 0 }: Extract<VirtbsEvent, { type: 'task' }>): string {
  const start = `${task}: ${vm ?? 'here'}:`;
  if (state === 'ran') return `${start} done after ${(milliseconds / 1000).toFixed(1)} s`;
  if (state === 'skipped') return `${start} done before`;
  const reason = why === null ? '' : `: ${why.split('\n')[0] ?? ''}`;
  return `${start} ${state === 'retry' ? 'tried again' : state}${reason}`;
}
