import { createLogUpdate } from 'log-update';
import type { VirtbsEvent } from '../../events.js';
import type { OutputStream, Reporter } from '../command.js';
import { vmText } from './line-reporter.js';
import { progressText } from './progress-text.js';
import { renderTable, tableWidth } from './table.js';

/** Milliseconds between two drawings while nothing happens but time. */
const REDRAW_INTERVAL = 250;

/** Shows the work in progress and redraws it in place. Lines that must stay (warnings, waiting) go above it. */
export function createLiveReporter(stream: OutputStream, lines: Reporter): Reporter {
  const drawing = createLogUpdate(stream as NodeJS.WriteStream, { showCursor: true });
  const activities = new Map<string, string>();
  const tasks = new RunningTasks();
  const start = performance.now();
  const draw = (): void => {
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    drawing(
      `${seconds.padStart(6)} s\n${renderTable(
        [...activities, ...tasks.rows()].map((row) => ['', ...row]),
        tableWidth(stream),
      )}`,
    );
  };
  const timer = setInterval(draw, REDRAW_INTERVAL);
  timer.unref();
  return {
    emit(event) {
      if (event.type === 'warning' || event.type === 'lock-wait' || event.type === 'note' || isFailure(event)) {
        drawing.clear();
        lines.emit(event);
      }
      note(activities, event);
      if (event.type === 'task') tasks.note(event);
      draw();
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      drawing.clear();
      drawing.done();
    },
  };
}

type TaskEvent = Extract<VirtbsEvent, { type: 'task' }>;

/** Tells whether an event is a failure that stays on the screen. */
function isFailure(event: VirtbsEvent): boolean {
  return event.type === 'task' && (event.state === 'failed' || event.state === 'retry');
}

/** A row for each task that runs: on how many of its VMs, and for how long. */
class RunningTasks {
  readonly #tasks = new Map<
    string,
    { readonly began: number; readonly running: Set<string>; done: number; vms: number }
  >();

  note({ task, vm, vms, state }: TaskEvent): void {
    const known = this.#tasks.get(task) ?? { began: performance.now(), running: new Set(), done: 0, vms };
    this.#tasks.set(task, known);
    if (state === 'running') known.running.add(vm ?? '');
    else if (state !== 'retry') {
      known.running.delete(vm ?? '');
      known.done++;
    }
  }

  rows(): readonly (readonly [string, string])[] {
    return [...this.#tasks].flatMap(([task, { began, running, done, vms }]) => {
      if (running.size === 0) return [];
      const time = `${((performance.now() - began) / 1000).toFixed(1)} s`;
      const [only] = running;
      const where = vms === 1 ? only || 'here' : `${running.size} VMs, ${done} of ${vms} done`;
      return [[task, `${where}, ${time}`] as const];
    });
  }
}

function note(activities: Map<string, string>, event: VirtbsEvent): void {
  switch (event.type) {
    case 'phase-start':
      activities.set(event.phase, '…');
      break;
    case 'phase-end':
      activities.delete(event.phase);
      break;
    case 'vm':
      activities.set(event.hostname, vmText(event));
      break;
    case 'vm-power':
      activities.set(event.hostname, event.power);
      break;
    case 'image-start':
      activities.set(`image ${event.slot}`, event.action);
      break;
    case 'image-progress':
      activities.set(`image ${event.slot}`, progressText(event));
      break;
    case 'image-log':
      activities.set(`image ${event.slot}`, event.line);
      break;
    case 'image-ready':
      activities.delete(`image ${event.slot}`);
      break;
    case 'task':
    case 'vm-gone':
    case 'request':
    case 'lock-wait':
    case 'note':
    case 'warning':
    case 'debug':
      break;
  }
}
