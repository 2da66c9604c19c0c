import { escapeMermaid } from './draw-mermaid.js';
import { taskWords, type TaskPicture } from './task-picture.js';

/** Tasks as a flowchart, for Markdown pages; the critical path is thick. */
export function drawTasksMermaid({ tasks }: TaskPicture): string {
  const numbers = new Map(tasks.map(({ name }, index) => [name, index]));
  const critical = new Set(tasks.flatMap(({ name, critical: is }) => (is ? [name] : [])));
  const lines = [
    ...tasks.map((task, index) => `t${index}["${escapeMermaid(task.name)}<br/>${escapeMermaid(taskWords(task))}"]`),
    ...tasks.flatMap(({ name, wants }, index) =>
      wants.map(
        (want) => `t${numbers.get(want)} ${critical.has(want) && critical.has(name) ? '==>' : '-->'} t${index}`,
      ),
    ),
  ];
  return `flowchart LR\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
