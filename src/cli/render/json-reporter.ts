import type { VirtbsEvent } from '../../events.js';
import type { ErrorJson } from '../describe-error.js';
import type { OutputStream, Reporter } from '../command.js';
import type { ReportLevel } from './line-reporter.js';

/** The content of a line of `--progress json`: an event, or the error that the command ended with. */
export type ToldEvent = VirtbsEvent | ({ readonly type: 'error' } & ErrorJson['error']);

/** A line of `--progress json`; a contract as the results are. */
export type EventJson = ToldEvent & {
  readonly version: 1;
  /** When it was said, as ISO 8601 has it. */
  readonly time: string;
};

/** One line of JSON for every event: only warnings where quiet is asked for; requests and what is for debugging only where verbose is. */
export function createJsonReporter(stream: OutputStream, level: ReportLevel): Reporter {
  return {
    emit(event) {
      if (level === 'quiet' && event.type !== 'warning') return;
      if (level !== 'verbose' && (event.type === 'debug' || event.type === 'request')) return;
      stream.write(jsonLine(event));
    },
    [Symbol.dispose]: () => undefined,
  };
}

/** An event as its line, which ends with a line break. */
export function jsonLine(event: ToldEvent): string {
  return `${JSON.stringify({ version: 1, time: new Date().toISOString(), ...event } satisfies EventJson)}\n`;
}
