import { VirtbsError } from '../../errors.js';
import { runProgram } from '../../process/run-program.js';
import type { DriverContext } from '../types.js';
import type { Site } from './site.js';

/** Milliseconds that the command may take. */
const LIMIT = 60_000;

/** Runs the command of the configuration with a report on its standard input. What goes wrong with it is a warning. */
export async function runNotify(
  { cloud, settings }: Site,
  report: string,
  { emit, signal }: DriverContext,
): Promise<void> {
  const [program, ...args] = settings.notify;
  if (program === undefined) return;
  const stop = AbortSignal.any([signal, AbortSignal.timeout(LIMIT)]);
  try {
    await runProgram(program, args, { input: `${cloud.name}: ${report}\n`, signal: stop });
  } catch (error) {
    if (!(error instanceof VirtbsError) || signal.aborted) throw error;
    emit({ type: 'warning', message: `openstack.notify: ${error.message}` });
  }
}
