import type { Workplace } from '../../workplace/workplace.js';
import type { Gerrit } from '../gerrit/open-gerrit.js';
import type { Ci } from '../open-ci.js';
import { isTold } from '../outcome.js';
import { DEFAULT_DRIVER } from '../../driver/known-drivers.js';
import type { Reporter } from '../reporter.js';
import type { WatchCiOptions } from '../watch/watch-ci.js';
import { mailReporter, programReporter } from './people-reporter.js';

/** Opens all who are told of runs: Gerrit, the addresses of `mail` and the program of `notify` of each job. */
export async function openReporters(
  gerrit: Pick<Gerrit, 'reporter' | 'isTold'> | undefined,
  { settings: { jobs } }: Pick<Ci, 'settings'>,
  place: Pick<Workplace, 'configuration' | 'settings'>,
): Promise<Pick<WatchCiOptions, 'reporters' | 'reportersFor'>> {
  const configuration = await place.configuration();
  const { settings: notify } = configuration.notify(configuration.driver ?? DEFAULT_DRIVER);
  const reporters = new Map<string, Reporter>([
    ['mail', mailReporter(jobs, notify)],
    ['notify', programReporter(jobs, place.settings.cwd)],
    ...(gerrit ? [['gerrit', gerrit.reporter] as const] : []),
  ]);
  return {
    reporters,
    reportersFor: ({ mail, notify: program }, end, event) => [
      ...(gerrit?.isTold(end, event) === true ? ['gerrit'] : []),
      ...(isTold(end) && mail.length > 0 ? ['mail'] : []),
      ...(isTold(end) && program.length > 0 ? ['notify'] : []),
    ],
  };
}
