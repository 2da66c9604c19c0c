import * as fc from 'fast-check';
import t from 'tap';
import { parseSize } from '../../src/yaml/parse-size.js';
import { VirtbsError } from '../../src/errors.js';

const UNITS: readonly (readonly [string, number])[] = [
  ['', 2 ** 20],
  ['B', 1],
  ...(['K', 'M', 'G', 'T'] as const).flatMap((letter, index) => [
    [letter, 1024 ** (index + 1)] as const,
    [`${letter}iB`, 1024 ** (index + 1)] as const,
    [`${letter}B`, 1000 ** (index + 1)] as const,
  ]),
];

t.test('the sizes of the documentation are what it says', (t) => {
  t.equal(parseSize('512MiB'), 512 * 2 ** 20);
  t.equal(parseSize('8G'), 8 * 2 ** 30);
  t.equal(parseSize('1.5GiB'), 1.5 * 2 ** 30);
  t.equal(parseSize('10 GB'), 10 ** 10);
  t.equal(parseSize('10gb'), 10 ** 10);
  t.equal(parseSize(512), 512 * 2 ** 20);
  t.equal(parseSize('512'), 512 * 2 ** 20);
  t.equal(parseSize(0.5), 2 ** 19);
  t.end();
});

t.test('a whole number of any unit is that many times the unit', (t) => {
  fc.assert(
    fc.property(fc.constantFrom(...UNITS), fc.integer({ min: 1, max: 8000 }), ([unit, bytes], count) => {
      return parseSize(`${count}${unit}`) === count * bytes && parseSize(`${count} ${unit}`.trim()) === count * bytes;
    }),
    { seed: 1 },
  );
  t.end();
});

t.test('bytes written as a fraction of a unit come back', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (thousandths) => {
      const text = `${Math.floor(thousandths / 1000)}.${String(thousandths % 1000).padStart(3, '0')}KB`;
      return parseSize(text) === thousandths;
    }),
    { seed: 2 },
  );
  t.end();
});

t.test('what is no size is refused with what is allowed', (t) => {
  const wrong = [
    '',
    '-1',
    '-1GiB',
    '0',
    '0GiB',
    '0.0',
    '1.1GiB',
    '1e3',
    '1..5G',
    '.5G',
    '5.',
    '1 2G',
    '1XiB',
    'GiB',
    '1Gi',
    '0x10',
  ];
  const odd = [-1, 0, NaN, Infinity, 1e21, null, undefined, true, [], {}, '9000000000T', ' 1G', '1G\n', '1  G', '٣G'];
  for (const value of [...wrong, ...odd]) {
    const match = { name: 'VirtbsError', code: 'config-invalid', message: /512MiB/ };
    t.throws(() => parseSize(value), match, `refuses ${JSON.stringify(value)}`);
  }
  t.end();
});

t.test('any text is a whole number of bytes or a VirtbsError', (t) => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9]{1,5}\.?[0-9]{0,5} ?[kKmMgGtTiIbB]{0,3}$/));
  fc.assert(
    fc.property(text, (value) => {
      try {
        const bytes = parseSize(value);
        return Number.isSafeInteger(bytes) && bytes > 0;
      } catch (error) {
        return error instanceof VirtbsError;
      }
    }),
    { seed: 3, numRuns: 1000 },
  );
  t.end();
});
