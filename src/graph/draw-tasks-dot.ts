import { quoteDot } from './draw-dot.js';
import { taskWords, type TaskPicture } from './task-picture.js';

const FILLS = { done: '#dff3ec', 'to do': '#e9edf1', failed: '#fdebd9' } as const;

/** Tasks for Graphviz; the critical path is thick. */
export function drawTasksDot({ slice, tasks }: TaskPicture): string {
  const critical = new Set(tasks.flatMap(({ name, critical: is }) => (is ? [name] : [])));
  const thick = (is: boolean): string => (is ? ', penwidth=3' : '');
  const lines = [
    'rankdir=LR;',
    'node [fontname="sans-serif", shape=box, style="filled,rounded"];',
    ...tasks.map((task) => {
      const label = quoteDot(`${task.name}\n${taskWords(task)}`);
      return `${quoteDot(task.name)} [label=${label}, fillcolor="${FILLS[task.state]}"${thick(task.critical)}];`;
    }),
    ...tasks.flatMap(({ name, wants }) =>
      wants.map(
        (want) =>
          `${quoteDot(want)} -> ${quoteDot(name)} [tooltip=""${thick(critical.has(want) && critical.has(name))}];`,
      ),
    ),
  ];
  return `digraph ${quoteDot(`tasks of slice ${slice}`)} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}
