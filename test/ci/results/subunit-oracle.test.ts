import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { readResultFile } from '../../../src/ci/results/read-results.js';
import { runProgram } from '../../../src/process/run-program.js';
import { packet } from './subunit-bytes.js';

/** Writes a stream by the reference implementation, and says what its reader finds in a stream. */
const ORACLE = `
import datetime, io, json, random, sys
import subunit.v2, testtools
mode, path = sys.argv[1:]
if mode == 'write':
    rng = random.Random(7)
    out = open(path, 'wb')
    writer = subunit.v2.StreamResultToBytes(out)
    now = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    running = []
    for n in range(300):
        now += datetime.timedelta(microseconds=rng.randrange(1, 5000000))
        if rng.random() < 0.1:
            out.write(b'noise line %d\\n' % n)
        if running and rng.random() < 0.5:
            name, route = running.pop(rng.randrange(len(running)))
            for part in range(rng.randrange(3)):
                writer.status(test_id=name, file_name='log', file_bytes=('%d \\u00f3\\n' % part).encode() * rng.randrange(1, 3000),
                              mime_type='text/plain; charset="utf8"', eof=False, route_code=route)
            status = rng.choice(['success', 'fail', 'skip', 'xfail', 'uxsuccess'])
            writer.status(test_id=name, test_status=status, timestamp=now, route_code=route, test_tags={'worker-%d' % rng.randrange(3)})
        else:
            name, route = 'pkg.Class.test_%d' % n, rng.choice([None, '0', '1/2'])
            writer.status(test_id=name, test_status='inprogress', timestamp=now, route_code=route)
            running.append((name, route))
    out.close()
found = []
def keep(test):
    times = test['timestamps']
    found.append([test['id'], test['status'], sorted(test['tags']), times[0].isoformat() if times[0] else None,
                  (times[1] - times[0]).total_seconds() if times[1] and times[0] else None,
                  {name: content.as_text() for name, content in test['details'].items()}])
source = subunit.v2.ByteStreamToStreamResult(open(path, 'rb'), non_subunit_name='noise')
result = testtools.StreamToDict(keep)
result.startTestRun(); source.run(result); result.stopTestRun()
json.dump([test for test in found if test[0] is not None], sys.stdout)
`;

const skip = await missing();
const folder = await mkdtemp(join(tmpdir(), 'virtbs-subunit-'));
t.teardown(() => rm(folder, { recursive: true }));

async function missing(): Promise<string | false> {
  try {
    await runProgram('/usr/bin/python3', ['-c', 'import subunit.v2, testtools']);
    return false;
  } catch {
    return 'python3-subunit is not installed';
  }
}

type Found = readonly [
  string,
  string,
  readonly string[],
  string | null,
  number | null,
  Readonly<Record<string, string>>,
];

async function ask(mode: 'write' | 'read', path: string): Promise<readonly Found[]> {
  const { stdout } = await runProgram('/usr/bin/python3', ['-c', ORACLE, mode, path]);
  return JSON.parse(stdout) as readonly Found[];
}

t.test('what the reference implementation writes is read as it reads it', { skip }, async (t) => {
  const path = join(folder, 'theirs.subunit');
  const expected = await ask('write', path);
  t.ok(expected.length > 100);
  const { tests, problems } = await readResultFile(path, { limits: { detail: 1e6 } });
  t.strictSame(problems, []);
  const found = tests.map(({ name, status, tags = [], startedAt, seconds, details = {}, reason }) => {
    const isOpen = reason === 'it began and did not end';
    const start = startedAt === undefined ? null : startedAt.replace('Z', '+00:00').replace('.000000', '');
    return [name, isOpen ? 'inprogress' : status, [...tags].sort(), start, seconds ?? null, details];
  });
  const sorted = (list: readonly (readonly unknown[])[]) =>
    [...list].sort((a, b) => String(a[0]).localeCompare(String(b[0])));
  t.strictSame(sorted(found), sorted(expected));
});

t.test('the packets of these tests are such for the reference implementation', { skip }, async (t) => {
  const path = join(folder, 'ours.subunit');
  const content = 'x'.repeat(20_000);
  const life = [
    packet({ id: 'a', status: 'inprogress', at: 1_700_000_000.25 }),
    packet({ id: 'a', mime: 'text/plain;charset=utf8', file: 'log', content, isLast: true }),
    packet({ id: 'a', status: 'xfail', at: 1_700_000_001.5, tags: ['one', 'two'] }),
  ];
  await writeFile(path, Buffer.concat(life));
  const start = '2023-11-14T22:13:20.250000+00:00';
  t.strictSame(await ask('read', path), [['a', 'xfail', ['one', 'two'], start, 1.25, { log: content }]]);
});
