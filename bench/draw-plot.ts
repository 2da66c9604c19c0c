import { buildXml } from '../src/libvirt/xml.js';
import { counts, OTHER_COMMANDS, type Series } from './render-figures.js';
import { median } from './run-measured.js';

/** Pixels. */
const WIDTH = 760;
const HEIGHT = 420;
const LEFT = 60;
const RIGHT = 150;
const TOP = 50;
const BOTTOM = 70;
/** They can be told apart by people who see no red or green. */
const COLOURS = ['#666666', '#b8860b', '#cc79a7', '#0072b2', '#d55e00', '#009e73', '#56789a', '#000000'];

/** Seconds until N VMs answer ssh, a line for each who made them; one SVG file without anything from elsewhere. */
export function drawPlot(series: readonly Series[], machine: string): string {
  const names = [...new Set(series.map(({ name }) => name))].filter((name) => !OTHER_COMMANDS.has(name));
  const numbers = counts(series);
  const shown = series.filter(({ name }) => !OTHER_COMMANDS.has(name));
  const most = niceTop(Math.max(...shown.map((one) => value(one))));
  const x = (count: number): number =>
    LEFT + ((WIDTH - LEFT - RIGHT) * numbers.indexOf(count)) / Math.max(1, numbers.length - 1);
  const y = (seconds: number): number => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * seconds) / most;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => part * most);
  const labels = spread(names.map((name) => y(value(last(shown, name)))));
  return buildXml('svg', {
    $: {
      xmlns: 'http://www.w3.org/2000/svg',
      width: WIDTH,
      height: HEIGHT,
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      'font-family': 'system-ui, sans-serif',
      'font-size': 13,
    },
    title: 'Seconds until all VMs answer ssh',
    rect: { $: { width: WIDTH, height: HEIGHT, fill: '#ffffff' } },
    line: ticks.map((tick) => ({ $: { x1: LEFT, x2: WIDTH - RIGHT, y1: y(tick), y2: y(tick), stroke: '#dddddd' } })),
    polyline: names.map((name, index) => ({
      $: {
        points: shown
          .filter((one) => one.name === name)
          .map((one) => `${x(one.count)},${y(value(one)).toFixed(1)}`)
          .join(' '),
        fill: 'none',
        stroke: colour(index),
        'stroke-width': 2,
      },
    })),
    circle: shown.map((one) => ({
      $: { cx: x(one.count), cy: y(value(one)).toFixed(1), r: 3.5, fill: colour(names.indexOf(one.name)) },
    })),
    text: [
      { $: { x: LEFT, y: 26, 'font-size': 16, 'font-weight': 'bold' }, _: 'Seconds until all VMs answer ssh' },
      { $: { x: LEFT, y: HEIGHT - 12, fill: '#666666', 'font-size': 11 }, _: machine },
      { $: { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 34, 'text-anchor': 'middle' }, _: 'VMs' },
      ...ticks.map((tick) => ({ $: { x: LEFT - 8, y: y(tick) + 4, 'text-anchor': 'end' }, _: String(tick) })),
      ...numbers.map((count) => ({
        $: { x: x(count), y: HEIGHT - BOTTOM + 18, 'text-anchor': 'middle' },
        _: String(count),
      })),
      ...names.map((name, index) => ({
        $: { x: WIDTH - RIGHT + 10, y: (labels[index] ?? 0) + 4, fill: colour(index) },
        _: name,
      })),
    ],
  });
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? '#000000';
}

/** Seconds. */
function value(one: Series | undefined): number {
  return median(one?.figures.map(({ wall }) => wall) ?? []) / 1000;
}

function last(series: readonly Series[], name: string): Series | undefined {
  return series.findLast((one) => one.name === name);
}

/** The next that is not less and of which a quarter is a number to read. */
function niceTop(seconds: number): number {
  const unit = 10 ** Math.floor(Math.log10(seconds));
  return ([1, 1.2, 1.6, 2, 4, 6, 8, 10].find((step) => step * unit >= seconds) ?? 10) * unit;
}

/** Moves heights apart until a line of text fits between any two. */
function spread(heights: readonly number[]): readonly number[] {
  const order = heights.map((_, index) => index).toSorted((one, other) => (heights[one] ?? 0) - (heights[other] ?? 0));
  const moved = [...heights];
  for (const [place, index] of order.entries()) {
    const above = moved[order[place - 1] ?? -1];
    if (above !== undefined) moved[index] = Math.max(moved[index] ?? 0, above + 16);
  }
  return moved;
}
