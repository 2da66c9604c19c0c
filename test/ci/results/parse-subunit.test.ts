import fc from 'fast-check';
import t from 'tap';
import type { ResultLimits } from '../../../src/ci/results/parsed-results.js';
import { readResults } from '../../../src/ci/results/read-results.js';
import { fuzz } from '../../fuzz/fuzz.js';
import { packet } from './subunit-bytes.js';

async function parse(bytes: Uint8Array, limits: Partial<ResultLimits> = {}, piece = 7) {
  return await readResults(pieces(bytes, piece), { name: 'r', format: 'subunit', limits });
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let place = 0; place < bytes.length; place += size) yield bytes.subarray(place, place + size);
}

const LIFE = Buffer.concat([
  packet({ id: 'a.b', status: 'exists' }),
  packet({ id: 'a.b', status: 'inprogress', at: 1_700_000_000.25, tags: ['worker-1'] }),
  packet({ id: 'a.b', mime: 'text/plain;charset=utf8', file: 'stdout', content: 'ein ' }),
  packet({ id: 'a.b', file: 'stdout', content: 'Wort ó\n', isLast: true }),
  packet({ id: 'a.b', mime: 'image/png', file: 'picture', content: new Uint8Array([1, 2, 0xb3]), isLast: true }),
  packet({ id: 'a.b', status: 'fail', at: 1_700_000_001.5 }),
]);

t.test('a test is what its packets say together', async (t) => {
  t.strictSame(await parse(LIFE), {
    tests: [
      {
        name: 'a.b',
        status: 'fail',
        startedAt: '2023-11-14T22:13:20.250000Z',
        seconds: 1.25,
        tags: ['worker-1'],
        details: { stdout: 'ein Wort ó\n', picture: '[3 bytes, not text]' },
      },
    ],
    problems: [],
  });
});

t.test('the same test at the same time on two routes is two results, and a reason is told', async (t) => {
  const bytes = Buffer.concat([
    packet({ id: 'a', status: 'inprogress', at: 1, route: '0' }),
    packet({ id: 'a', status: 'inprogress', at: 1, route: '1' }),
    packet({ id: 'a', file: 'reason', content: 'no network', route: '1' }),
    packet({ id: 'a', status: 'success', at: 3, route: '0' }),
    packet({ id: 'a', status: 'skip', at: 4, route: '1' }),
  ]);
  const { tests } = await parse(bytes);
  t.strictSame(
    tests.map(({ status, seconds, reason }) => [status, seconds, reason]),
    [
      ['success', 2, undefined],
      ['skip', 3, 'no network'],
    ],
  );
});

t.test('text between packets is passed over, also such with the first byte of a packet in it', async (t) => {
  const bytes = Buffer.concat([
    Buffer.from('\u00F3 starting ó³\n'),
    packet({ id: 'a', status: 'success' }),
    Buffer.from('half a line'),
    packet({ id: 'b', status: 'success' }),
    Buffer.from('Traceback: ³³³\n'),
  ]);
  t.match(await parse(bytes), { tests: [{ name: 'a' }, { name: 'b' }], problems: [] });
});

t.test('a broken packet is told with its place, and the next whole one counts', async (t) => {
  const broken = packet({ id: 'lost', status: 'success' });
  broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 0xff;
  const first = packet({ id: 'a', status: 'success' });
  const { tests, problems } = await parse(Buffer.concat([first, broken, packet({ id: 'b', status: 'fail' })]));
  t.strictSame(
    tests.map(({ name }) => name),
    ['a', 'b'],
  );
  t.strictSame(problems, [{ place: `r: byte ${first.length}`, message: 'broken packet: the checksum is wrong' }]);
});

t.test('a stream that is cut has a problem, and a test that did not end has failed', async (t) => {
  const whole = Buffer.concat([
    packet({ id: 'a', status: 'inprogress', at: 1 }),
    packet({ id: 'b', status: 'success' }),
  ]);
  const { tests, problems } = await parse(whole.subarray(0, -3));
  t.strictSame(tests, [
    { name: 'a', status: 'fail', startedAt: '1970-01-01T00:00:01.000000Z', reason: 'it began and did not end' },
  ]);
  t.match(problems, [{ message: 'broken packet: the file ends inside of a packet' }]);
});

t.test('what is no subunit at all is said to be none', async (t) => {
  t.strictSame(await parse(Buffer.from('hello\n')), {
    tests: [],
    problems: [{ place: 'r', message: 'there is no packet of subunit v2 in it' }],
  });
});

t.test('limits hold: text, results, problems', async (t) => {
  const many = Array.from({ length: 50 }, (_, index) => [
    packet({ id: `t${index}`, status: 'inprogress', at: index }),
    packet({ id: `t${index}`, file: 'log', content: 'x'.repeat(1000) }),
    packet({ id: `t${index}`, status: 'fail', at: index + 1 }),
    Buffer.from('\n³ \n'),
    Buffer.from([0xb3, 0x21, 0x00, 0x05, 0x0a]),
  ]).flat();
  const { tests, problems } = await parse(Buffer.concat(many), { tests: 40, text: 5000, problems: 3 }, 4096);
  t.equal(tests.length, 40);
  const text = tests.flatMap(({ details = {} }) => Object.values(details)).join('');
  t.ok(text.length <= 5000 + 200, `${text.length} characters`);
  t.equal(problems.length, 5);
  t.match(problems.at(-2)?.message, /more problems/);
  t.match(problems.at(-1)?.message, /10 results are left out: only 40/);
});

t.test('a file that seems to begin a long packet at each line is given up', async (t) => {
  const line = Buffer.from([0x0a, 0xb3, 0x20, 0x00, 0xbf, 0xff, 0xff]);
  const { problems } = await parse(Buffer.alloc(6 * 1024 * 1024, line), {}, 1024 * 1024);
  t.match(problems.at(-1)?.message, /too much of it is broken|more problems/);
  t.match(JSON.stringify(problems), /broken packet/);
});

t.test('no bytes make it throw, and whole packets among them are found', async (t) => {
  const good = packet({ id: 'good', status: 'success' });
  const bad = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.constant(LIFE.subarray(3, 90)),
    fc.constant(LIFE.subarray(0, 40)),
  );
  await fuzz(t, {
    name: 'bytes of subunit',
    cases: 500,
    arbitrary: fc.array(bad, { maxLength: 4 }),
    async work(parts) {
      const { tests } = await parse(Buffer.concat([...parts, Buffer.from('\n'), good]), {}, 50);
      if (!tests.some(({ name }) => name === 'good')) throw new Error('the good packet was lost');
    },
  });
});
