import { createLogUpdate } from 'log-update';
import type { VirtbsEvent } from '../../events.js';
import type { OutputStream, Reporter } from '../command.js';
import { progressText } from './progress-text.js';
import { renderTable, tableWidth } from './table.js';

/** Milliseconds between two drawings while nothing happens but time. */
const REDRAW_INTERVAL = 250;

/** What is going on, redrawn in place; what must stay to be read (warnings, waiting) goes to the lines above it. */
export function createLiveReporter(stream: OutputStream, lines: Reporter): Reporter {
  const drawing = createLogUpdate(stream as NodeJS.WriteStream, { showCursor: true });
  const activities = new Map<string, string>();
  const start = performance.now();
  const draw = (): void => {
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    drawing(
      `${seconds.padStart(6)} s\n${renderTable(
        [...activities].map((row) => ['', ...row]),
        tableWidth(stream),
      )}`,
    );
  };
  const timer = setInterval(draw, REDRAW_INTERVAL);
  timer.unref();
  return {
    emit(event) {
      if (event.type === 'warning' || event.type === 'lock-wait' || event.type === 'note') {
        drawing.clear();
        lines.emit(event);
      }
      note(activities, event);
      draw();
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      drawing.clear();
      drawing.done();
    },
  };
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
      activities.set(event.hostname, event.phase);
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
    case 'vm-gone':
    case 'request':
    case 'lock-wait':
    case 'note':
    case 'warning':
    case 'debug':
      break;
  }
}
