import { stringify } from 'yaml';
import type { TapFailure } from './read-tap.js';

/** What tap says of a failure that helps nobody who reads it here. */
const NOISE = new Set(['args', 'command', 'cwd', 'externalID', 'generated', 'jobId', 'source', 'stdio']);

/** How much of the reason of a failure its one line holds; characters. */
const LINE_LIMIT = 700;

/**
 * The failures with all that the test says of them, and then once more in one line each, for those who see no more of a long
 * log than the lines that TAP calls failures.
 */
export function describeFailures(failures: readonly TapFailure[]): string {
  return [...failures.map(describeInFull), ...failures.map(describeInOneLine)].join('');
}

function describeInFull({ titles, details }: TapFailure): string {
  const { diff, ...others } = details; // what differs comes first: the end of a long log may be cut off
  const entries = [...(diff === undefined ? [] : [['diff', diff] as const]), ...Object.entries(others)];
  const known = Object.fromEntries(entries.filter(([key]) => !NOISE.has(key)));
  const text = Object.keys(known).length > 0 ? stringify(known).replace(/^/gm, '    ').trimEnd() : '';
  return `\nFAILED ${titles.join('\n  > ')}\n${text}\n`;
}

function describeInOneLine({ titles, details }: TapFailure): string {
  const { diff, source: _source, ...others } = details;
  const reason = stringify(diff ?? others).replaceAll(/\s+/g, ' ');
  return `not ok - ${titles.join(' > ')}: ${reason.slice(0, LINE_LIMIT)}\n`;
}
