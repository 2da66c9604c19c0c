import { Parser } from 'tap-parser';

export interface TapFailure {
  /** The titles of the file, its tests and the assertion. */
  readonly titles: readonly string[];
  /** What the test says of it, as parsed from TAP. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface TapResults {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly TapFailure[];
  /** Why assertions were skipped, each as often as it was said. */
  readonly skipReasons: readonly string[];
}

/**
 * Counts the assertions of a TAP stream on all its levels. A subtest that fails without a failed assertion of its own (its
 * process died, it timed out, its plan was not met) is one failure; what is marked `todo` and fails counts as skipped.
 */
export function readTap(text: string): TapResults {
  const parser = new Parser();
  const results = watch(parser, []);
  parser.end(text);
  return { ...results, failed: results.failures.length };
}

interface Level {
  passed: number;
  skipped: number;
  failures: TapFailure[];
  skipReasons: string[];
}

function watch(parser: Parser, above: readonly string[]): Level {
  const level: Level = { passed: 0, skipped: 0, failures: [], skipReasons: [] };
  let child: Level | undefined;
  parser.on('child', (childParser: Parser) => {
    child = watch(childParser, [...above, childParser.name]);
  });
  parser.on('assert', ({ ok, skip, todo, closingTestPoint, name, diag }) => {
    const within = closingTestPoint ? child : undefined;
    child = undefined;
    level.passed += within?.passed ?? 0;
    level.skipped += within?.skipped ?? 0;
    level.failures.push(...(within?.failures ?? []));
    level.skipReasons.push(...(within?.skipReasons ?? []));
    if (skip || (todo && !ok)) {
      level.skipped += within ? 0 : 1;
      if (typeof skip === 'string') level.skipReasons.push(skip);
    } else if (ok) level.passed += within ? 0 : 1;
    else if (!within?.failures.length) level.failures.push({ titles: [...above, name], details: asRecord(diag) });
  });
  return level;
}

function asRecord(diag: unknown): Readonly<Record<string, unknown>> {
  return typeof diag === 'object' && diag !== null ? { ...diag } : {};
}
