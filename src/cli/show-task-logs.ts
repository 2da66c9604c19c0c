import { VirtbsError } from '../errors.js';
import { findTaskLogs } from '../slice/find-task-logs.js';
import { readLog, type LogOptions } from '../slice/read-log.js';
import type { CommandContext } from './command.js';
import { consoleText } from './render/console-text.js';

export interface TaskLogOptions extends Omit<LogOptions, 'signal'> {
  readonly root: string;
  readonly slice: number;
  /** Undefined for all VMs on which the task ran. */
  readonly vm: string | undefined;
}

/** Prints what a task has written, below the names of its VMs where these are several. */
export async function showTaskLogs(task: string, options: TaskLogOptions, context: CommandContext): Promise<void> {
  const { stdout, signal } = context;
  const { follow, lines } = options;
  const logs = await findTaskLogs(task, options);
  if (follow && logs.length > 1) {
    throw new VirtbsError('usage', `--follow: the task "${task}" has a log on each of ${logs.length} VMs`, {
      hint: `name one of them: ${logs.map(({ vm }) => vm).join(', ')}`,
    });
  }
  if (follow) {
    context.expectInterrupt();
    await context.endWithReader();
  }
  const show = stdout.isTTY === true ? consoleText : (bytes: Uint8Array) => bytes;
  for (const [index, { vm, path }] of logs.entries()) {
    if (logs.length > 1) stdout.write(`${index > 0 ? '\n' : ''}==> ${vm} <==\n`);
    for await (const chunk of readLog(path, { follow, signal, ...(lines !== undefined && { lines }) })) {
      stdout.write(show(chunk));
    }
  }
}
