import type { NodeRecord } from './node-record.js';

/** Reads the lines `TASK/FILE:TEXT` of all records. @param boot the id of the node's boot */
export function parseRecords(text: string, boot: string): readonly NodeRecord[] {
  const tasks = new Map<string, Map<string, string>>();
  for (const line of text.split('\n')) {
    const [, task, file, content] = /^([^/ ]+)\/(key|began|ended|runs):(.*)$/.exec(line) ?? [];
    if (task === undefined || file === undefined || content === undefined) continue;
    const lines = tasks.get(task) ?? new Map<string, string>();
    tasks.set(task, lines.set(file, content));
  }
  return [...tasks].flatMap(([task, lines]) => {
    const [code = '-', time = '0', stopped] = lines.get('ended')?.split(' ') ?? [];
    const began = lines.get('began');
    // What never began was put there by a virtbs that is gone.
    if (parseCode(code) === null && began === undefined) return [];
    const key = lines.get('key') ?? '';
    const running = lines.has('runs') && parseCode(code) === null && began?.split(' ')[1] === boot;
    return [{ task, code: parseCode(code), ended: Number(time) || 0, stopped: stopped === 'stopped', running, key }];
  });
}

function parseCode(code: string): number | null {
  return /^\d+$/.test(code) ? Number(code) : null;
}
