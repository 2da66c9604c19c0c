import fc from 'fast-check';
import t from 'tap';
import { BoundedText } from '../../src/process/bounded-text.js';

t.test('what fits is kept whole', async (t) => {
  const text = new BoundedText(10);
  for (const part of ['01', '234', '56789']) text.add(Buffer.from(part));
  t.equal(text.toString(), '0123456789');
  t.equal(text.omitted, 0);
});

t.test('of more than that the beginning and the end are kept, and a line says how much is left out', async (t) => {
  const text = new BoundedText(6);
  for (const part of ['a', 'bcdefgh', 'ij']) text.add(Buffer.from(part));
  t.equal(text.omitted, 4);
  t.equal(text.toString(), 'abc\n[virtbs: 4 bytes are left out here]\nhij');
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 9, unit: 'grapheme-ascii' })),
      fc.integer({ min: 1, max: 20 }),
      (parts, half) => {
        const bounded = new BoundedText(2 * half);
        for (const part of parts) bounded.add(Buffer.from(part));
        const whole = parts.join('');
        const left = Math.max(0, whole.length - 2 * half);
        const expected =
          left === 0
            ? whole
            : `${whole.slice(0, half)}\n[virtbs: ${left} bytes are left out here]\n${whole.slice(whole.length - half)}`;
        return bounded.omitted === left && bounded.toString() === expected;
      },
    ),
  );
});

t.test('of nothing that is kept only the number of bytes is known', async (t) => {
  const text = new BoundedText(0);
  text.add(Buffer.alloc(1000));
  t.equal(text.omitted, 1000);
});
