import { VirtbsError } from '../errors.js';

/** The options of commands that make runners for the jobs of a forge. */
export const RUNNER_OPTIONS = {
  workers: { type: 'string', requiresArg: true, describe: 'runners at once; as runner.workers says' },
  once: { type: 'boolean', default: false, describe: 'end when no job waits; fail if every runner of a job fails' },
} as const;

/** @throws VirtbsError `usage` */
export function parseRunnerArguments({
  workers,
  once,
}: {
  readonly workers: string | undefined;
  readonly once: boolean;
}): {
  readonly workers: number | undefined;
  readonly once: boolean;
} {
  if (workers === undefined) return { workers, once };
  if (/^[1-9]\d{0,2}$/.test(workers)) return { workers: Number(workers), once };
  throw new VirtbsError('usage', `--workers ${JSON.stringify(workers)}: it is no number from 1 to 999`);
}
