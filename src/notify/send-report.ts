import type { NotifySettings } from '../config/notify-settings.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { sendMail } from '../mail/send-mail.js';
import { runProgram } from '../process/run-program.js';
import { defaultSender } from './default-sender.js';
import { shortenSubject } from './shorten-subject.js';

/** Milliseconds that all of it may take. */
const LIMIT = 60_000;

export interface ReportOptions {
  readonly settings: NotifySettings;
  /** The key that has the settings in the configuration, for warnings. */
  readonly key: string;
  /** The place where it happened; the report begins with it. */
  readonly site: string;
}

/** Gives a report to the program and the addresses of the configuration. What goes wrong with that is a warning. */
export async function sendReport(
  report: string,
  { settings, key, site }: ReportOptions,
  { emit, signal }: VerbContext,
): Promise<void> {
  const { run, mail, from = defaultSender(), relay } = settings;
  const [program, ...args] = run;
  const text = `${site}: ${report}\n`;
  const deadline = AbortSignal.timeout(LIMIT);
  const stop = AbortSignal.any([signal, deadline]);
  const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof VirtbsError) || signal.aborted) throw error;
      const message = deadline.aborted ? `${what}: not done within ${LIMIT / 1000} s` : error.message;
      emit({ type: 'warning', message: `${key}: ${message}` });
    }
  };
  await Promise.all([
    program !== undefined &&
      attempt(program, () => runProgram(program, args, { input: text, signal: stop, group: true })),
    mail.length > 0 && attempt('mail', () => sendMail({ from, to: mail, subject: subjectOf(text), text }, relay, stop)),
  ]);
}

/** `virtbs: cloud.example.org: slice 9: 1 of 4 VMs failed` */
function subjectOf(text: string): string {
  return shortenSubject(`virtbs: ${text.split('\n', 1)[0] ?? ''}`);
}
