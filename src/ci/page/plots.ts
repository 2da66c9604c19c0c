import { html, type Html } from './html.js';
import { durationOf } from './layout.js';
import { PAGE_NAMES } from './page-names.js';
import type { DayCount, JobTimes } from './page-data.js';
import type { TestHistoryEntry } from '../results/test-statistics.js';

/** The plots are as wide as this in their own units, and as the page allows on the screen. */
const WIDTH = 640;
const HEIGHT = 140;
const LEFT = 44;
const BOTTOM = 20;
const TOP = 10;

/** Runs of each day by what they came to, as bars on one another. */
export function plotDays(days: readonly DayCount[]): Html {
  const most = Math.max(1, ...days.map(({ passed, failed, other }) => passed + failed + other));
  const scale = scaleTo(most, true);
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
    const text =
      index % Math.ceil(days.length / 7) === 0 &&
      html`<text x="${round(LEFT + index * step + 1)}" y="${HEIGHT - 5}">${day.slice(5)}</text>`;
    return html`<g><title>${title}</title>${part('passed', passed)}${part('failed', failed)}${part('other', other)}</g
      >${text}`;
  });
  const sum = (kind: 'passed' | 'failed' | 'other'): number => days.reduce((all, day) => all + day[kind], 0);
  const label = `Runs per day: ${sum('passed')} passed, ${sum('failed')} failed, ${sum('other')} other`;
  return frame({ label, scale, show: String, content: bars, keys: ['passed', 'failed', 'other'] });
}

/** Seconds of the runs of a job: the whole, and of these the stack and the tests. */
export function plotTimes({ job, points }: JobTimes): Html {
  const most = Math.max(1, ...points.map(({ all }) => all));
  const scale = scaleTo(most, false);
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
  return frame({ label, scale, show: durationOf, content: [keys.map(line), dots], keys });
}

/** The results of a test, the oldest first: how long each took, and whether it passed. */
export function plotHistory(history: readonly TestHistoryEntry[]): Html {
  const points = history.toReversed();
  const scale = scaleTo(Math.max(0.001, ...points.map(({ seconds }) => seconds ?? 0)), false);
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
  return frame({ label, scale, show: durationOf, content: marks, keys: ['passed', 'failed'] });
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

/** Round numbers up to the most there is. */
function scaleTo(most: number, isCount: boolean): Scale {
  const size = 10 ** Math.floor(Math.log10(most / 2));
  const step = [1, 2, 5, 10].map((factor) => factor * size).find((each) => most / each <= 3) ?? most;
  const whole = isCount ? Math.max(1, Math.round(step)) : step;
  const count = Math.max(1, Math.ceil(most / whole));
  return { top: count * whole, ticks: Array.from({ length: count + 1 }, (_, index) => index * whole) };
}

const KEY_WORDS: Readonly<Record<string, string>> = { all: 'whole run', deploy: 'stack', test: 'tests' };

interface FrameOptions {
  /** What the plot says, for those who do not see it. */
  readonly label: string;
  readonly scale: Scale;
  readonly show: (value: number) => string;
  readonly content: readonly (Html | null | readonly (Html | null)[])[];
  readonly keys: readonly string[];
}

function frame({ label, scale, show, content, keys }: FrameOptions): Html {
  const lines = scale.ticks.map((tick) => {
    const y = round(HEIGHT - BOTTOM - (tick / scale.top) * (HEIGHT - BOTTOM - TOP));
    return html`<line x1="${LEFT}" x2="${WIDTH}" y1="${y}" y2="${y}" /><text class="tick" x="${LEFT - 6}" y="${y + 4}"
        >${show(tick)}</text
      >`;
  });
  return html`<figure class="plot">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">${lines}${content}</svg>
    <figcaption>${keys.map((key) => html`<span class="key ${key}">${KEY_WORDS[key] ?? key}</span>`)}</figcaption>
  </figure>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
