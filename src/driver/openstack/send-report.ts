import { hostname } from 'node:os';
import { VirtbsError } from '../../errors.js';
import { sendMail } from '../../mail/send-mail.js';
import { runProgram } from '../../process/run-program.js';
import { userName } from '../../session/user-name.js';
import type { DriverContext } from '../types.js';
import type { Site } from './site.js';

/** Milliseconds that all of it may take. */
const LIMIT = 60_000;

/** Characters of a subject that are read in a list of mails. */
const LONGEST_SUBJECT = 100;

/** Gives a report to the program and the addresses of the configuration. What goes wrong with that is a warning. */
export async function sendReport(
  { cloud, settings }: Site,
  report: string,
  { emit, signal }: DriverContext,
): Promise<void> {
  const { run, mail, from = `${userName()}@${hostname()}`, relay } = settings.notify;
  const [program, ...args] = run;
  const text = `${cloud.name}: ${report}\n`;
  const deadline = AbortSignal.timeout(LIMIT);
  const stop = AbortSignal.any([signal, deadline]);
  const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof VirtbsError) || signal.aborted) throw error;
      const message = deadline.aborted ? `${what}: not done within ${LIMIT / 1000} s` : error.message;
      emit({ type: 'warning', message: `openstack.notify: ${message}` });
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
  const subject = `virtbs: ${text.split('\n', 1)[0] ?? ''}`;
  return subject.length > LONGEST_SUBJECT ? `${subject.slice(0, LONGEST_SUBJECT - 1)}…` : subject;
}
