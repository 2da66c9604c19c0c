import { lstat } from 'node:fs/promises';
import { taskPaths, type SlicePaths } from '../filenames.js';
import { openNodeAgent, type AgentCommand } from './node-agent.js';

/** Milliseconds between TERM and KILL for a task that is ended. */
const GRACE = 10_000;

/** Starts the script that serves a node on this machine. */
export const localCommand: AgentCommand = (script, folder) => ['sh', '-c', script, 'virtbs-agent', folder];

/**
 * Ends the tasks of a slice that still run on this machine because the virtbs that began them was killed. They were begun for VMs that
 * are no more, and would go on with those that come next. The caller holds the slice's lock.
 */
export async function endLocalTasks(paths: Pick<SlicePaths, 'directory'>, signal: AbortSignal): Promise<void> {
  const folder = taskPaths(paths).here;
  const found = await lstat(folder).catch(() => null);
  if (!found?.isDirectory()) return;
  await using agent = await openNodeAgent(localCommand, { node: 'this machine', folder, signal });
  const running = (await agent.records()).filter((each) => each.running);
  await Promise.all(
    running.map(async ({ task }) => {
      agent.stop(task, 'TERM');
      const timer = setTimeout(() => agent.stop(task, 'KILL'), GRACE);
      try {
        await agent.wait(task);
      } finally {
        clearTimeout(timer);
      }
    }),
  );
}
