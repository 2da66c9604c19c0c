import { describeDependency } from '../depends/run-dependency.js';
import { isVote, type Outcome } from '../outcome.js';
import type { ReportedRun } from '../reporter.js';

/** Characters of a message: Gerrit refuses much longer ones. */
const LONGEST = 12_000;

const RESULTS: Readonly<Record<Outcome, string>> = {
  passed: 'SUCCESS',
  failed: 'FAILURE',
  broken: 'NOT_RUN',
  skipped: 'SKIPPED',
  superseded: 'SUPERSEDED',
  timeout: 'TIMED_OUT',
  stopped: 'STOPPED',
};

/**
 * The message to a change, in the form that pages of Gerrit know from other CI systems: `Build succeeded.`, and the line
 * `* JOB URL : RESULT words`.
 */
export function reviewMessage({ job, outcome, summary, url, depends = [], tests }: ReportedRun): string {
  const words = tests && [`${tests.passed} passed`, `${tests.failed} failed`, `${tests.skipped} skipped`].join(', ');
  const line = `* ${job} ${url ?? 'no-logs'} : ${RESULTS[outcome]}${words === undefined ? '' : ` ${words}`}`;
  const others = depends.map((each) => `Depends on ${describeDependency(each)}`).join('\n');
  const more = [others, summary].map(plain).filter((text) => text !== '');
  return [headline(outcome), line, ...more].join('\n\n').slice(0, LONGEST);
}

function headline(outcome: Outcome): string {
  if (outcome === 'passed') return 'Build succeeded.';
  if (outcome === 'failed') return 'Build failed.';
  return isVote(outcome) ? '' : `Build ended without a result: ${outcome}. This is no vote.`;
}

/** A text as a comment: no line of it may look like a command to a CI system, ours among them. */
function plain(text: string): string {
  return text
    .replaceAll(/[^\P{C}\n]/gu, '')
    .trim()
    .split('\n')
    .map((line) => (line.trim() === '' ? '' : `  ${line}`))
    .join('\n');
}
