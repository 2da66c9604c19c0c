import t from 'tap';
import { readTap } from './read-tap.js';

t.test('assertions are counted on all levels, and a subtest is not counted with them', async (t) => {
  const text = [
    'TAP version 14',
    '# Subtest: file',
    '    # Subtest: a sentence',
    '        ok 1 - one',
    '        not ok 2 - two',
    '          ---',
    '          compare: ===',
    '          ...',
    '        1..2',
    '    not ok 1 - a sentence',
    '    ok 2 - later # SKIP no root',
    '    not ok 3 - one day # TODO',
    '    1..3',
    'not ok 1 - file',
    'ok 2 - alone',
    '1..2',
    '',
  ].join('\n');
  const failures = [{ titles: ['file', 'a sentence', 'two'], details: { compare: '===' } }];
  t.strictSame(readTap(text), { passed: 2, failed: 1, skipped: 2, failures, skipReasons: ['no root'] });
});

t.test('a subtest that failed without a failed assertion is one failure', async (t) => {
  const text = [
    'TAP version 14',
    '# Subtest: file that died',
    '    ok 1 - one',
    '    1..1',
    'not ok 1 - file that died',
    'not ok 2 - file that could not be loaded',
    '1..2',
    '',
  ].join('\n');
  const failures = ['file that died', 'file that could not be loaded'].map((name) => ({ titles: [name], details: {} }));
  t.strictSame(readTap(text), { passed: 1, failed: 2, skipped: 0, failures, skipReasons: [] });
});

t.test('an empty stream has no assertions', async (t) => {
  t.strictSame(readTap(''), { passed: 0, failed: 0, skipped: 0, failures: [], skipReasons: [] });
});
