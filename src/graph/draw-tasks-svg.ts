import { svgPicture, svgText } from './svg.js';
import { taskWords, type DrawnTask, type TaskPicture } from './task-picture.js';

/** Pixels. */
const MARGIN = 20;
const TITLE_HEIGHT = 48;
const WIDTH = 210;
const HEIGHT = 50;
const COLUMN_GAP = 60;
const ROW_GAP = 18;

const FILLS = { done: '#dff3ec', 'to do': '#e9edf1', failed: '#fdebd9' } as const;
const LINE = '#8a97a5';
/** Also told from the others by its width. */
const CRITICAL = '#b3470a';

interface Box {
  readonly task: DrawnTask;
  readonly x: number;
  readonly y: number;
}

/** Tasks as a picture from left to right: each stands in a column behind all that it wants. One file without anything from elsewhere. */
export function drawTasksSvg({ slice, tasks, length }: TaskPicture): string {
  const boxes = placeTasks(tasks);
  const width = Math.max(360, ...[...boxes.values()].map(({ x }) => x + WIDTH)) + MARGIN;
  const height = Math.max(0, ...[...boxes.values()].map(({ y }) => y + HEIGHT)) + MARGIN;
  const path = length === null ? '' : `critical path (thick): ${(length / 1000).toFixed(1)} s`;
  const title = `tasks of slice ${slice}`;
  return svgPicture({ title, width, height }, [
    svgText(title, { x: MARGIN, y: MARGIN + 16, size: 18, weight: 'bold' }),
    svgText(path, { x: MARGIN, y: MARGIN + 34, size: 12, fill: CRITICAL }),
    ...tasks.flatMap(({ name, wants }) => wants.map((want) => drawWant(boxes.get(want), boxes.get(name)))),
    ...[...boxes.values()].map(drawTask),
  ]);
}

function placeTasks(tasks: readonly DrawnTask[]): ReadonlyMap<string, Box> {
  const columns = new Map<string, number>();
  const rows = new Map<number, number>();
  const boxes = new Map<string, Box>();
  for (const task of tasks) {
    const column = Math.max(0, ...task.wants.map((want) => (columns.get(want) ?? 0) + 1));
    const row = rows.get(column) ?? 0;
    columns.set(task.name, column);
    rows.set(column, row + 1);
    const x = MARGIN + column * (WIDTH + COLUMN_GAP);
    boxes.set(task.name, { task, x, y: MARGIN + TITLE_HEIGHT + row * (HEIGHT + ROW_GAP) });
  }
  return boxes;
}

function drawWant(from: Box | undefined, to: Box | undefined): string {
  if (!from || !to) return '';
  const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
  const bend = (x2 - x1) / 2;
  const critical = from.task.critical && to.task.critical;
  const stroke = critical ? `stroke="${CRITICAL}" stroke-width="4"` : `stroke="${LINE}" stroke-width="1.5"`;
  return `<path d="M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}" fill="none" ${stroke}/>`;
}

function drawTask({ task, x, y }: Box): string {
  const stroke = task.critical ? `stroke="${CRITICAL}" stroke-width="3"` : `stroke="#444444"`;
  return [
    `<rect x="${x}" y="${y}" width="${WIDTH}" height="${HEIGHT}" rx="6" fill="${FILLS[task.state]}" ${stroke}/>`,
    svgText(task.name, { x: x + 12, y: y + 21, size: 14, weight: 'bold', room: WIDTH - 24 }),
    svgText(taskWords(task), { x: x + 12, y: y + 38, size: 11, room: WIDTH - 24 }),
  ].join('\n');
}
