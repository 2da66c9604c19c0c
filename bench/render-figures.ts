import { renderTable } from '../src/cli/render/table.js';
import { median, type Figures } from './run-measured.js';

/** The same done with so many VMs, as often as there were rounds. */
export interface Series {
  readonly name: string;
  readonly count: number;
  readonly figures: Figures[];
}

/** The contestant that all others are compared with. */
export const FLOOR = 'bare qemu';
const CYCLES = /^cycle/;
/** What makes no VM. */
export const OTHER_COMMANDS: ReadonlySet<string> = new Set(['ls', 'plan', 'wipe', 'checkpoint rm']);
const PHASES = ['configuration', 'lock', 'inspect', 'images', 'seeds', 'wipe', 'networks', 'vms', 'files', 'wait'];

/** Who has N VMs that answer ssh after how many seconds, and how much that is of the floor in the same round. */
export function renderCycles(series: readonly Series[]): string {
  const names = [...new Set(series.map(({ name }) => name))].filter((name) => !OTHER_COMMANDS.has(name));
  const rows = [['VMS', ...names.map((name) => name.toUpperCase())]];
  for (const count of counts(series)) {
    const floor = find(series, FLOOR, count);
    const cells = names.map((name) => {
      const one = find(series, name, count);
      if (!one) return '-';
      const ratio = median(one.figures.map(({ wall }, round) => wall / (floor?.figures[round]?.wall ?? Number.NaN)));
      return `${seconds(one, ({ wall }) => wall)}${name === FLOOR ? '' : ` (${ratio.toFixed(2)}x)`}`;
    });
    rows.push([String(count), ...cells]);
  }
  return `Seconds until the last VM answers ssh; in brackets, of bare qemu in the same round\n${renderTable(rows)}\n`;
}

/** What virtbs itself uses. */
export function renderCommands(start: Readonly<Record<string, readonly Figures[]>>, series: readonly Series[]): string {
  const rows = [['COMMAND', 'VMS', 'SECONDS', 'CPU s', 'MEMORY MiB', 'OUTSIDE s']];
  const idle = median((start['node -e 0'] ?? []).map(({ wall }) => wall));
  for (const [name, figures] of Object.entries(start)) {
    const one = { name, count: 0, figures: [...figures] };
    const ratio = median(figures.map(({ wall }) => wall)) / idle;
    rows.push([name, '-', `${seconds(one, ({ wall }) => wall)} (${ratio.toFixed(2)}x)`, ...own(one), '-']);
  }
  for (const one of ours(series)) {
    const outside = CYCLES.test(one.name) ? seconds(one, ({ wall, timings }) => wall - (timings['wait'] ?? 0)) : '-';
    rows.push([one.name, String(one.count), seconds(one, ({ wall }) => wall), ...own(one), outside]);
  }
  const legend = 'CPU and the most memory of the process itself; OUTSIDE: before the wait for guests begins';
  return `${legend}\n${renderTable(rows)}\n`;
}

/** Where the time of `cycle` goes. */
export function renderPhases(series: readonly Series[]): string {
  const rows = [['COMMAND', 'VMS', ...PHASES.map((phase) => phase.toUpperCase())]];
  for (const one of ours(series)) {
    if (!CYCLES.test(one.name)) continue;
    const phases = PHASES.map((phase) => median(one.figures.map(({ timings }) => timings[phase] ?? 0)).toFixed(0));
    rows.push([one.name, String(one.count), ...phases]);
  }
  return `Milliseconds by phase; VMS begins with NETWORKS and goes on after it\n${renderTable(rows)}`;
}

/** Those that say what they use. */
function ours(series: readonly Series[]): readonly Series[] {
  return series.filter(({ figures }) => figures.every(({ cpu }) => !Number.isNaN(cpu)));
}

function own(one: Series): string[] {
  return [seconds(one, ({ cpu }) => cpu), median(one.figures.map(({ memory }) => memory)).toFixed(0)];
}

export function counts(series: readonly Series[]): readonly number[] {
  return [...new Set(series.map(({ count }) => count))];
}

function find(series: readonly Series[], name: string, count: number): Series | undefined {
  return series.find((one) => one.name === name && one.count === count);
}

function seconds(one: Series, milliseconds: (figures: Figures) => number): string {
  return (median(one.figures.map((figures) => milliseconds(figures))) / 1000).toFixed(2);
}
