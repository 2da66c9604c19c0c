import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import { detectFormat } from '../../../src/ci/results/detect-format.js';
import type { ResultFormat } from '../../../src/ci/results/detect-format.js';
import { readResultFile, readResults, type ReadResultsOptions } from '../../../src/ci/results/read-results.js';
import { fuzz } from '../../fuzz/fuzz.js';
import { readTap } from '../../bin/read-tap.js';
import { packet } from './subunit-bytes.js';

const JUNIT = `<?xml version="1.0" encoding="utf-8"?>
<!-- pytest -->
<testsuites><testsuite name="pytest" timestamp="2026-01-02T03:04:05.678+00:00">
  <testcase classname="tests.test_a" name="test_ok" time="0.25"/>
  <testcase classname="tests.test_a" name="test_bad" time="1,000.5">
    <failure message="assert 1 == 2">line &lt;one&gt;
<![CDATA[line <two>]]></failure>
    <system-out>said</system-out>
  </testcase>
  <testcase classname="tests.test_a" name="tests.test_a.test_skip"><skipped message="no disk"/></testcase>
  <testcase name="flaky" time=""><flakyFailure message="first try">trace</flakyFailure></testcase>
</testsuite></testsuites>`;

const TAP = `TAP version 14
# Subtest: disks
    # Subtest: small
        ok 1 - made # time=12.5ms
        not ok 2 - removed
          ---
          duration_ms: 31.5
          message: 'still there'
          ...
        1..2
    not ok 1 - small
    1..1
not ok 1 - disks
ok 2 - network # SKIP no bridge
not ok 3 - later # TODO not written
not ok 4 - bats
# (in test file a.bats, line 3)
ok 5 - inside {
    ok 1 - one
    1..1
}
1..5
`;

async function read(text: string | Uint8Array, options: ReadResultsOptions = {}) {
  async function* bytes() {
    const all = Buffer.from(text);
    for (let place = 0; place < all.length; place += 11) yield all.subarray(place, place + 11);
  }
  return await readResults(bytes(), { name: 'r', ...options });
}

t.test('the format is told by the content', (t) => {
  const cases: readonly (readonly [string | Uint8Array, ResultFormat | undefined])[] = [
    [packet({ id: 'a', status: 'success' }), 'subunit'],
    [Buffer.concat([Buffer.from('+ stestr last --subunit\n'), packet({ id: 'a', status: 'success' })]), 'subunit'],
    [JUNIT, 'junit'],
    [Buffer.from(`\uFEFF${JUNIT}`, 'utf16le'), 'junit'],
    ['<testsuite name="x"/>', 'junit'],
    [TAP, 'tap'],
    ['make: nothing to do\nok 1 - a\n1..1\n', 'tap'],
    ['1..0 # SKIP none\n', 'tap'],
    ['okay, let us go\n', undefined],
    ['<html>', undefined],
    [new Uint8Array([0xb3, 0xb3, 0xb3]), undefined],
  ];
  for (const [bytes, format] of cases) t.equal(detectFormat(Buffer.from(bytes)), format, String(format));
  t.end();
});

t.test('JUnit XML is read with its texts, also packed and as UTF-16', async (t) => {
  const expected = {
    problems: [],
    tests: [
      { name: 'tests.test_a.test_ok', status: 'success', startedAt: '2026-01-02T03:04:05.678Z', seconds: 0.25 },
      {
        name: 'tests.test_a.test_bad',
        status: 'fail',
        startedAt: '2026-01-02T03:04:05.678Z',
        seconds: 1000.5,
        reason: 'assert 1 == 2',
        details: { failure: 'line <one>\nline <two>', 'system-out': 'said' },
      },
      { name: 'tests.test_a.test_skip', status: 'skip', startedAt: '2026-01-02T03:04:05.678Z', reason: 'no disk' },
      { name: 'flaky', status: 'success', startedAt: '2026-01-02T03:04:05.678Z', details: { flakyFailure: 'trace' } },
    ],
  };
  t.strictSame(await read(JUNIT), expected);
  t.strictSame(await read(gzipSync(JUNIT)), expected);
  t.strictSame(await read(Buffer.from(`\uFEFF${JUNIT.replace('utf-8', 'utf-16')}`, 'utf16le')), expected);
});

t.test('mistakes in XML are told with line and column, and what came before counts', async (t) => {
  const cut = await read(JUNIT.slice(0, JUNIT.indexOf('said')));
  t.strictSame(
    cut.tests.map(({ name }) => name),
    ['tests.test_a.test_ok'],
  );
  t.match(cut.problems, [{ place: /^r:\d+:\d+$/, message: /unclosed/ }]);
  const bomb = `<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>`;
  t.match((await read(bomb, { format: 'junit' })).problems, [{ place: /^r:1:\d+$/, message: /entity/ }]);
  t.match((await read('<project/>', { format: 'junit' })).problems, [{ message: /root element is <project>/ }]);
  t.match((await read('<testsuite/>')).problems, [{ place: 'r', message: 'there is no <testcase> in it' }]);
  const deep = `<testsuite>${'<a>'.repeat(5000)}`;
  t.match((await read(deep)).problems, [{ message: /more than 100 elements/ }]);
  const proto = '<testsuite><testcase name="__proto__"><constructor/><failure message="m"/></testcase></testsuite>';
  t.match(await read(proto), { tests: [{ name: '__proto__', status: 'fail' }], problems: [] });
});

t.test('TAP is read with its subtests', async (t) => {
  t.strictSame(await read(TAP), {
    problems: [],
    tests: [
      { name: 'disks > small > made', status: 'success', seconds: 0.0125 },
      {
        name: 'disks > small > removed',
        status: 'fail',
        reason: 'still there',
        seconds: 0.0315,
        details: { diagnostics: "duration_ms: 31.5\nmessage: 'still there'" },
      },
      { name: 'network', status: 'skip', reason: 'no bridge' },
      { name: 'later', status: 'xfail', reason: 'not written' },
      { name: 'bats', status: 'fail', details: { comments: '(in test file a.bats, line 3)' } },
      { name: 'inside > one', status: 'success' },
    ],
  });
});

t.test('TAP counts as the parser of tap counts', async (t) => {
  const { passed, failed, skipped } = readTap(TAP);
  const { tests } = await read(TAP);
  const count = (...statuses: readonly string[]): number =>
    tests.filter(({ status }) => statuses.includes(status)).length;
  t.strictSame([count('success'), count('fail'), count('skip', 'xfail')], [passed, failed, skipped]);
});

t.test('tests that TAP planned and that did not run have failed', async (t) => {
  const lost = { name: 'tests that did not run', status: 'fail', reason: '3 were planned, 1 ran' };
  t.match(await read('1..3\nok 1 - a\n'), { tests: [{ name: 'a' }, lost] });
  const bail = { name: 'bail out', status: 'fail', reason: 'no database' };
  t.match(await read('1..3\nok 1 - a\nBail out! no database\nok 2\n'), { tests: [{ name: 'a' }, bail] });
  const cut = await read('ok 1 - a\nnot ok 2 - b\n  ---\n  at: c\nok 3 - d\n1..3\n');
  t.strictSame(
    cut.tests.map(({ name, status }) => `${status} ${name}`),
    ['success a', 'fail b', 'success d'],
  );
  t.match(cut.problems, [{ place: 'r:5', message: 'a block of diagnostics does not end' }]);
});

t.test('a file that cannot be read as results says why', async (t) => {
  const why = async (bytes: string | Uint8Array, options: ReadResultsOptions = {}) =>
    (await read(bytes, options)).problems.map(({ message }) => message);
  t.strictSame(await why(''), ['the file is empty']);
  t.strictSame(await why('hello'), ['neither subunit v2, JUnit XML nor TAP is in it']);
  t.match(await why(gzipSync(JUNIT).subarray(0, 200)), [/^cannot be unpacked: unexpected end of file/, /unclosed/]);
  t.match(await why(new Uint8Array([0x1f, 0x8b, 1, 2, 3])), [/^cannot be unpacked/]);
  t.strictSame(await why(gzipSync(Buffer.alloc(1e5, 'ok 1\n')), { mostBytes: 50_000 }), [
    'only the first 48.8 KiB are read',
  ]);
  t.match(await readResultFile('/dev/null'), { problems: [{ place: '/dev/null', message: 'this is no file' }] });
});

t.test('no text makes a parser throw', async (t) => {
  const words = [
    'ok 1',
    'not ok',
    ' - a',
    '{',
    '}',
    '\n',
    '    ',
    '---',
    '...',
    '1..',
    '9',
    '# SKIP',
    '# todo x',
    'Bail out!',
  ];
  const tags = [
    '<testsuite>',
    '<testcase name="a">',
    '</testcase>',
    '<failure>',
    '<![CDATA[',
    ']]>',
    '&lt;',
    '&',
    '<',
    '>',
    '"',
  ];
  const piece = fc.oneof(fc.constantFrom(...words, ...tags), fc.string({ maxLength: 5 }));
  await fuzz(t, {
    name: 'TAP and XML',
    cases: 600,
    arbitrary: fc.tuple(fc.constantFrom('tap', 'junit', undefined), fc.array(piece, { maxLength: 30 })),
    work: async ([format, parts]) => void (await read(parts.join(''), { format })),
  });
});
