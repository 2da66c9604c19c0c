import fc from 'fast-check';
import t from 'tap';
import { LineSplitter } from '../../src/process/line-splitter.js';

/** All lines of a text that comes in the given chunks. */
function split(chunks: readonly Uint8Array[], longest = 100): readonly string[] {
  const splitter = new LineSplitter(longest);
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
}

t.test('lines are the same however the bytes come, in the middle of letters and line ends too', async () => {
  const text = fc.array(fc.constantFrom('a', 'ö', '𝄞', '\n', '\r\n', '\r', ' ')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.array(fc.nat(60)), (whole, cuts) => {
      const bytes = Buffer.from(whole);
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      const lines = whole.split(/\r\n|\n|\r/);
      if (lines.at(-1) === '') lines.pop();
      return JSON.stringify(split(chunks)) === JSON.stringify(lines);
    }),
  );
});

t.test('a line that never ends comes in pieces, and only one of them is held', async (t) => {
  const splitter = new LineSplitter(1000);
  const pieces = [...splitter.push(Buffer.alloc(2500, 'x')), ...splitter.push(Buffer.alloc(600, 'y'))];
  t.strictSame(
    pieces.map(({ length }) => length),
    [1000, 1000, 1000],
  );
  t.strictSame(splitter.end(), ['y'.repeat(100)]);
  t.strictSame(split([Buffer.from(`${'z'.repeat(1500)}\nshort`)], 1000), ['z'.repeat(1000), 'z'.repeat(500), 'short']);
});
