import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { DriverContext, VmOutcome } from '../types.js';
import type { Site } from './site.js';

/** Runs the command of the configuration with a report on its standard input, where VMs could not be made. */
export async function notifyFailures(
  { cloud, settings }: Site,
  { slice, outcomes }: { readonly slice: number; readonly outcomes: readonly VmOutcome[] },
  { emit, signal }: DriverContext,
): Promise<void> {
  const failed = outcomes.filter(({ error }) => error !== null);
  const [program, ...args] = settings.notify;
  if (program === undefined || failed.length === 0) return;
  const report = failed.flatMap(({ vm, error, console = [] }) => [
    `${vm.hostname}: ${error?.message ?? ''}`,
    ...console.map((line) => `    ${line}`),
  ]);
  const head = `slice ${slice} on ${cloud.name}: ${failed.length} of ${outcomes.length} VMs failed`;
  try {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'inherit'], signal });
    const ended = once(child, 'close');
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${[head, ...report].join('\n')}\n`);
    const [code] = await ended;
    if (code === 0) return;
    emit({ type: 'warning', message: `openstack.notify: ${program} ended with ${String(code)}` });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    emit({ type: 'warning', message: `openstack.notify: ${program}: ${reason}` });
  }
}
