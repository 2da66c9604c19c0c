import { shortenSubject } from '../../notify/shorten-subject.js';
import { describeDependency } from '../depends/run-dependency.js';
import type { ReportedRun } from '../reporter.js';

/** Characters of a text: the log has the rest. */
const LONGEST_TEXT = 20_000;

/** A report for people. */
export interface DescribedReport {
  /** One line: `virtbs: verify of team/app 111226,3: failed` */
  readonly subject: string;
  readonly text: string;
}

/** Describes a run that has ended in a few lines, without signs that steer terminals. */
export function describeReport({
  job,
  event,
  outcome,
  summary,
  url,
  depends = [],
  tests,
}: ReportedRun): DescribedReport {
  const { project, branch, change, patchSet, revision } = event;
  const what = change ? `${change.number}${patchSet ? `,${patchSet.number}` : ''}` : branch;
  const subject = plain(`virtbs: ${job} of ${project} ${what}: ${outcome}`).replaceAll('\n', ' ');
  const lines = [
    subject,
    ...(change?.subject === undefined ? [] : [change.subject]),
    ...(change?.url === undefined ? [] : [change.url]),
    ...(revision === undefined && patchSet === undefined ? [] : [`revision ${patchSet?.revision ?? revision ?? ''}`]),
    ...depends.map((each) => `depends on ${describeDependency(each)}`),
    ...(tests ? [`tests: ${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`] : []),
    ...(url === undefined ? [] : [url]),
    ...(summary === '' ? [] : ['', summary]),
  ];
  return {
    subject: shortenSubject(subject),
    text: `${plain(lines.join('\n')).slice(0, LONGEST_TEXT)}\n`,
  };
}

function plain(text: string): string {
  return text.replaceAll(/[^\P{C}\n]/gu, '');
}
