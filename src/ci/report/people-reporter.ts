import type { CiJob } from '../../config/ci-settings.js';
import type { NotifySettings } from '../../config/notify-settings.js';
import { VirtbsError } from '../../errors.js';
import { sendMail } from '../../mail/send-mail.js';
import { defaultSender } from '../../notify/default-sender.js';
import { runProgram } from '../../process/run-program.js';
import type { ReportedRun, Reporter } from '../reporter.js';
import { describeReport } from './describe-report.js';

type Jobs = Readonly<Record<string, CiJob>>;

/** Milliseconds that one attempt may take. */
const LIMIT = 60_000;
/** About an hour: a wrong address stays wrong. */
const MOST_ATTEMPTS = 15;

/**
 * Sends a mail to the addresses of `mail` of a job. A mail is sent twice where virtbs is killed while it sends.
 *
 * @param notify the sender of mails, and the server that takes them
 */
export function mailReporter(
  jobs: Jobs,
  { from = defaultSender(), relay }: Pick<NotifySettings, 'from' | 'relay'>,
): Reporter {
  return reporterOf(async (run, signal) => {
    const to = jobs[run.job]?.mail ?? [];
    if (to.length > 0) await sendMail({ from, to, ...describeReport(run) }, relay, signal);
  });
}

/** Runs the program of `notify` of a job in a folder, with the report on its standard input. */
export function programReporter(jobs: Jobs, cwd: string): Reporter {
  return reporterOf(async (run, signal) => {
    const [program, ...args] = jobs[run.job]?.notify ?? [];
    if (program === undefined) return;
    await runProgram(program, args, { cwd, input: describeReport(run).text, signal, group: true });
  });
}

function reporterOf(work: (run: ReportedRun, signal: AbortSignal) => Promise<void>): Reporter {
  return {
    mostAttempts: MOST_ATTEMPTS,
    async report(run, signal) {
      const limit = AbortSignal.timeout(LIMIT);
      try {
        await work(run, AbortSignal.any([signal, limit]));
        return 'reported';
      } catch (error) {
        if (signal.aborted || !limit.aborted) throw error;
        throw new VirtbsError('timeout', `not done within ${LIMIT / 1000} s`, { cause: error });
      }
    },
  };
}
