import t from 'tap';
import { textSince } from '../../src/slice/text-since.js';

/** As a guest writes them: no two alike. */
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => `[${from + index}.123456] virtio-pci: line ${from + index}\n`).join(
    '',
  );

t.test('of a text that has grown its new end is new', async (t) => {
  t.equal(textSince('', 'one\n'), 'one\n');
  t.equal(textSince('one\n', 'one\n'), '');
  t.equal(textSince('one\n', 'one\ntwo'), 'two');
  t.equal(textSince('a\na\n', 'a\na\na\n'), 'a\n', 'what repeats itself');
  t.equal(textSince(lines(0, 1000), lines(0, 1001)), lines(1000, 1001));
});

t.test('of a text whose beginning is gone, too', async (t) => {
  t.equal(textSince(lines(0, 1000), lines(300, 1200)), lines(1000, 1200));
  t.equal(textSince(lines(0, 1000), lines(300, 1000)), '');
  t.equal(
    textSince(`${lines(0, 1000)}login: `, `\uFFFD${lines(300, 1000)}login: me\n`),
    'me\n',
    'cut within a character',
  );
});

t.test('a text that was begun anew is all new, also where it ends alike', async (t) => {
  t.equal(textSince('old\n', 'new\n'), 'new\n');
  t.equal(textSince(lines(0, 1000), lines(0, 3)), lines(0, 3));
  const boot = (seconds: number): string => `${lines(seconds, seconds + 500)}plain-60 login: `;
  t.equal(textSince(boot(0), boot(7000)), boot(7000));
  t.equal(textSince(lines(0, 100), lines(5000, 7000)), lines(5000, 7000), 'more than is kept came at once');
});
