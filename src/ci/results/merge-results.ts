import type { TestResult } from '../test-result.js';

/** A result under the name by which the test is remembered. */
export interface MergedResult extends TestResult {
  /** What the name had in brackets. */
  readonly attrs?: string;
}

/** The worst first: a test that is there several times is as good as its worst result. */
const ORDER: readonly TestResult['status'][] = ['fail', 'uxsuccess', 'xfail', 'success', 'skip'];

/** What tempest puts behind the name of a test: its id, and tags. Parameters of other tests stay in the name. */
const ATTRIBUTES = /^([^[]+)\[((?:[^\]]*,)?id-[0-9a-f-]{36}(?:,[^\]]*)?)\](.*)$/;

/**
 * Returns one result for each name, in the order of the first ones. Attributes that tempest puts into brackets are no part of a name:
 * they change with a test's tags.
 */
export function mergeResults(tests: readonly TestResult[]): readonly MergedResult[] {
  const merged = new Map<string, MergedResult>();
  for (const test of tests) {
    const result = withoutAttributes(test);
    const before = merged.get(result.name);
    merged.set(result.name, before ? mergeTwo(before, result) : result);
  }
  return [...merged.values()];
}

function withoutAttributes(test: TestResult): MergedResult {
  const [, start, attrs, end = ''] = ATTRIBUTES.exec(test.name) ?? [];
  return start === undefined || attrs === undefined ? test : { ...test, name: `${start}${end}`, attrs };
}

function mergeTwo(a: MergedResult, b: MergedResult): MergedResult {
  const [worse, other] = ORDER.indexOf(b.status) < ORDER.indexOf(a.status) ? [b, a] : [a, b];
  const seconds = a.seconds === undefined && b.seconds === undefined ? undefined : (a.seconds ?? 0) + (b.seconds ?? 0);
  const startedAt = [a.startedAt, b.startedAt].filter((time) => time !== undefined).sort()[0];
  const tags = [...new Set([...(a.tags ?? []), ...(b.tags ?? [])])];
  return {
    ...other,
    ...worse,
    ...(seconds === undefined ? {} : { seconds }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(tags.length === 0 ? {} : { tags }),
  };
}
