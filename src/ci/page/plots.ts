import { html, type Html } from './html.js';
import { durationOf } from './layout.js';
import { PAGE_NAMES } from './page-names.js';
import type { DayCount, JobTimes } from './page-data.js';
import type { TestHistoryEntry } from '../results/test-statistics.js';

/** The plots are as wide as this in their own units, and as the page allows on the screen: text must be read on a phone, too. */
const WIDTH = 400;
const HEIGHT = 120;
const LEFT = 60;
const BOTTOM = 20;
/** The room of a date with a gap behind it. */
const DAY_WIDTH = 48;
const TOP = 10;

/** Runs of each day by what they came to, as bars on one another. */
export function plotDays(days: readonly DayCount[]): Html {
  const most = Math.max(1, ...days.map(({ passed, failed, other }) => passed + failed + other));
  const scale = scaleOf(most, stepOfCount(most));
  const step = (WIDTH - LEFT) / Math.max(days.length, 14);
  const height = (count: number): number => (count / scale.top) * (HEIGHT - BOTTOM - TOP);
  const bars = days.map(({ day, passed, failed, other }, index) => {
    let base = HEIGHT - BOTTOM;
    const part = (kind: string, count: number): Html | null => {
      if (count === 0) return null;
      base -= height(count);
      return html`<rect
        class="${kind}"
        x="${round(LEFT + index * step + 1)}"
        y="${round(base)}"
        width="${round(step - 2)}"
        height="${round(height(count))}"
      />`;
    };
    const title = `${day}: ${passed} passed, ${failed} failed, ${other} other`;
    const left = LEFT + index * step + 1;
    const isNamed = index % Math.ceil(DAY_WIDTH / step) === 0 && left + DAY_WIDTH <= WIDTH;
    const text = isNamed && html`<text x="${round(left)}" y="${HEIGHT - 5}">${day.slice(5)}</text>`;
    return html`<g><title>${title}</title>${part('passed', passed)}${part('failed', failed)}${part('other', other)}</g
      >${text}`;
  });
  const sum = (kind: 'passed' | 'failed' | 'other'): number => days.reduce((all, day) => all + day[kind], 0);
  const label = `Runs per day: ${sum('passed')} passed, ${sum('failed')} failed, ${sum('other')} other`;
  return frame({ role: 'img', label, scale, show: String, content: bars, keys: ['passed', 'failed', 'other'] });
}

/** Seconds of the runs of a job: the whole, and of these the stack and the tests. */
export function plotTimes({ job, points }: JobTimes): Html {
  const most = Math.max(1, ...points.map(({ all }) => all));
  const scale = scaleOf(most, stepOfTime(most));
  const x = (index: number): number => LEFT + 6 + (index * (WIDTH - LEFT - 14)) / Math.max(1, points.length - 1);
  const y = (seconds: number): number => HEIGHT - BOTTOM - (seconds / scale.top) * (HEIGHT - BOTTOM - TOP);
  const line = (kind: 'all' | 'deploy' | 'test'): Html | null => {
    const known = points.flatMap((point, index) => {
      const seconds = point[kind];
      return seconds === null ? [] : [`${round(x(index))},${round(y(seconds))}`];
    });
    return known.length < 2 ? null : html`<polyline class="line ${kind}" points="${known.join(' ')}" />`;
  };
  const dots = points.map((point, index) => {
    const parts = [
      point.deploy !== null && `stack ${durationOf(point.deploy)}`,
      point.test !== null && `tests ${durationOf(point.test)}`,
    ];
    const title = `run ${point.run}: ${[durationOf(point.all), ...parts.filter((part) => part !== false)].join(', ')}`;
    return html`<a href="${PAGE_NAMES.run(point.run)}"
      ><title>${title}</title><circle class="dot-all" cx="${round(x(index))}" cy="${round(y(point.all))}" r="3.5"
    /></a>`;
  });
  const keys = (['all', 'deploy', 'test'] as const).filter((kind) => points.some((point) => point[kind] !== null));
  const last = points.at(-1);
  const label = `Time of ${job}: ${last ? `the last run took ${durationOf(last.all)}` : 'no runs'}`;
  return frame({ role: 'group', label, scale, show: tickOf, content: [keys.map(line), dots], keys });
}

/** The results of a test, the oldest first: how long each took, and whether it passed. */
export function plotHistory(history: readonly TestHistoryEntry[]): Html {
  const points = history.toReversed();
  const most = Math.max(0.001, ...points.map(({ seconds }) => seconds ?? 0));
  const scale = scaleOf(most, stepOfTime(most));
  const x = (index: number): number => LEFT + 6 + (index * (WIDTH - LEFT - 14)) / Math.max(1, points.length - 1);
  const y = (seconds: number): number => HEIGHT - BOTTOM - (seconds / scale.top) * (HEIGHT - BOTTOM - TOP);
  const marks = points.map(({ status, seconds, at, run }, index) => {
    const kind = status === 'skip' ? 'other' : status === 'success' || status === 'xfail' ? 'passed' : 'failed';
    const [cx, cy] = [round(x(index)), round(y(seconds ?? 0))];
    const title = html`<title>
      ${`${at.slice(0, 16).replace('T', ' ')}: ${kind === 'other' ? 'skipped' : kind}${seconds === null ? '' : `, ${durationOf(seconds)}`}`}
    </title>`;
    // Failures have a shape of their own, for those who do not see the colour.
    const mark =
      kind === 'failed'
        ? html`<path class="failed cross" d="M${cx - 4} ${cy - 4}l8 8m0 -8l-8 8" />`
        : html`<circle class="${kind}" cx="${cx}" cy="${cy}" r="3.5" />`;
    return run === null ? html`<g>${title}${mark}</g>` : html`<a href="../${PAGE_NAMES.run(run)}">${title}${mark}</a>`;
  });
  const passed = points.filter(({ status }) => status === 'success' || status === 'xfail').length;
  const label = `Times of the last ${points.length} results, of which ${passed} passed`;
  return frame({ role: 'group', label, scale, show: tickOf, content: marks, keys: ['passed', 'failed'] });
}

/** A bar for the share of what passed. */
export function passBar(rate: number): Html {
  const width = round(rate * 60);
  return html`<svg class="bar" viewBox="0 0 60 8" aria-hidden="true">
    <rect class="failed" width="60" height="8" />
    <rect class="passed" width="${width}" height="8" />
  </svg>`;
}

interface Scale {
  readonly top: number;
  readonly ticks: readonly number[];
}

/** Seconds between two lines, as people count them. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];
/** Lines above the lowest. */
const MOST_LINES = 3;

/** Round numbers up to the most there is. */
function scaleOf(most: number, step: number): Scale {
  const count = Math.max(1, Math.ceil(most / step));
  return { top: count * step, ticks: Array.from({ length: count + 1 }, (_, index) => index * step) };
}

function stepOfCount(most: number): number {
  return Math.max(1, Math.round(roundStep(most)));
}

function stepOfTime(most: number): number {
  return (most < 1 ? undefined : TIME_STEPS.find((step) => most / step <= MOST_LINES)) ?? roundStep(most);
}

function roundStep(most: number): number {
  const size = 10 ** Math.floor(Math.log10(most / 2));
  return [1, 2, 5, 10].map((factor) => factor * size).find((step) => most / step <= MOST_LINES) ?? most;
}

/** A time at a line: `30 s`, `1.5 min`, `2 h`. */
function tickOf(seconds: number): string {
  const [unit, size] = UNITS.find(([, each]) => seconds >= each) ?? ['', 1];
  return `${Number((seconds / size).toFixed(1))} ${unit}`.trimEnd();
}

const UNITS: readonly (readonly [unit: string, seconds: number])[] = [
  ['h', 3600],
  ['min', 60],
  ['s', 1],
  ['ms', 0.001],
];

const KEY_WORDS: Readonly<Record<string, string>> = { all: 'whole run', deploy: 'stack', test: 'tests' };

interface FrameOptions {
  /** `group` where parts of it lead elsewhere. */
  readonly role: 'img' | 'group';
  /** What the plot says, for those who do not see it. */
  readonly label: string;
  readonly scale: Scale;
  readonly show: (value: number) => string;
  readonly content: readonly (Html | null | readonly (Html | null)[])[];
  readonly keys: readonly string[];
}

function frame({ role, label, scale, show, content, keys }: FrameOptions): Html {
  const lines = scale.ticks.map((tick) => {
    const y = round(HEIGHT - BOTTOM - (tick / scale.top) * (HEIGHT - BOTTOM - TOP));
    return html`<line x1="${LEFT}" x2="${WIDTH}" y1="${y}" y2="${y}" /><text class="tick" x="${LEFT - 6}" y="${y + 4}"
        >${show(tick)}</text
      >`;
  });
  return html`<figure class="plot">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="${role}" aria-label="${label}">${lines}${content}</svg>
    <figcaption>${keys.map((key) => html`<span class="key ${key}">${KEY_WORDS[key] ?? key}</span>`)}</figcaption>
  </figure>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
