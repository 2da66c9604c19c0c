import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { stringify } from 'yaml';
import { readTap } from './read-tap.js';

/** What tap says of a failure that helps nobody who reads it here. */
const NOISE = new Set(['args', 'command', 'cwd', 'externalID', 'generated', 'jobId', 'source', 'stdio']);

/** How much of the reason of a failure its one line holds; characters. */
const LINE_LIMIT = 700;

// For bin/test, given a TAP file: the failures on stderr; the numbers of passed, failed and skipped on stdout.
const [, , path = '/dev/stdin'] = process.argv;
const run = basename(path, '.tap');
const { passed, failed, skipped, failures } = readTap(readFileSync(path, 'utf8'));
for (const { titles, details } of failures) {
  const known = Object.fromEntries(Object.entries(details).filter(([key]) => !NOISE.has(key)));
  const text = Object.keys(known).length > 0 ? stringify(known).replace(/^/gm, '    ').trimEnd() : '';
  process.stderr.write(`\nFAILED ${[run, ...titles].join('\n  > ')}\n${text}\n`);
}
// Once more in one line each, for those who see no more of a long log than the lines that TAP calls failures.
for (const { titles, details } of failures) {
  const { diff, source: _source, ...others } = details;
  const reason = stringify(diff ?? others).replaceAll(/\s+/g, ' ');
  process.stderr.write(`not ok - ${[run, ...titles].join(' > ')}: ${reason.slice(0, LINE_LIMIT)}\n`);
}
process.stdout.write(`${passed} ${failed} ${skipped}\n`);
