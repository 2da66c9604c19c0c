import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { readTap } from './read-tap.js';

/** What tap says of a failure that helps nobody who reads it here. */
const NOISE = new Set(['args', 'command', 'cwd', 'externalID', 'generated', 'jobId', 'source', 'stdio']);

// For bin/test, given a TAP file: the failures on stderr; the numbers of passed, failed and skipped on stdout.
const { passed, failed, skipped, failures } = readTap(readFileSync(process.argv[2] ?? '/dev/stdin', 'utf8'));
for (const { titles, details } of failures) {
  const known = Object.fromEntries(Object.entries(details).filter(([key]) => !NOISE.has(key)));
  const text = Object.keys(known).length > 0 ? stringify(known).replace(/^/gm, '    ').trimEnd() : '';
  process.stderr.write(`\nFAILED ${titles.join('\n  > ')}\n${text}\n`);
}
process.stdout.write(`${passed} ${failed} ${skipped}\n`);
