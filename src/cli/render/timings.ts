import type { Timings } from '../../run-phase.js';
import { renderTable } from './table.js';

/** Phases and their milliseconds, in the order in which they ended. */
export function renderTimings(timings: Timings): string {
  const rows = Object.entries(timings).map(([phase, milliseconds]) => [phase, milliseconds.toFixed(0).padStart(7)]);
  return renderTable([['PHASE', '     MS'], ...rows]);
}
