import { makeLease, type LeaseResult, type MakeLeaseOptions } from '../workplace/make-lease.js';
import type { Workplace } from '../workplace/workplace.js';
import type { GitlabJob } from './gitlab-job.js';

export interface PrepareOptions extends Pick<
  MakeLeaseOptions,
  'plan' | 'tasks' | 'keep' | 'bootTimeout' | 'lockTimeout' | 'started'
> {
  /** Milliseconds until the slice may be ended; the time of the job and a quarter of an hour where not given. */
  readonly ttl: number | undefined;
}

const MINUTE = 60_000;
/** For boot and cleanup, beside the time of the job. */
const MORE = 15 * MINUTE;
/** For a job whose time is not known. */
const USUAL = 120 * MINUTE;

/**
 * Makes the slice of a job. A second try of the same job makes its slice anew.
 *
 * @throws what `makeLease` throws
 */
export async function prepareGitlabJob(
  { ttl, ...options }: PrepareOptions,
  job: GitlabJob,
  place: Workplace,
): Promise<LeaseResult> {
  const time = ttl ?? (job.timeout ?? USUAL) + MORE;
  return await makeLease(
    { ...options, ttl: time, another: false, luggage: [], lateFiles: false, onFailure: 'wipe' },
    place,
  );
}
