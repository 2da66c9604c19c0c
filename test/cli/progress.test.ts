import t from 'tap';
import { createLineReporter } from '../../src/cli/render/line-reporter.js';
import { progressText } from '../../src/cli/render/progress-text.js';

const MIB = 1024 * 1024;

t.test('progress shows size, speed and the time left, as far as they are known', async (t) => {
  const show = (received: number, total: number | null, bytesPerSecond: number | null): string =>
    progressText({ received: received * MIB, total: total === null ? null : total * MIB, bytesPerSecond });
  t.equal(show(12, 300, null), '12 MiB of 300 MiB');
  t.equal(show(12, 300, 8 * MIB), '12 MiB of 300 MiB, 8 MiB/s, 36 s left');
  t.equal(show(12, null, 8 * MIB), '12 MiB, 8 MiB/s');
  t.equal(show(12, 300, 0), '12 MiB of 300 MiB, 0 B/s', 'while nothing comes the time left is unknown');
  t.equal(show(0, 1000, 8 * MIB), '0 B of 1000 MiB, 8 MiB/s, 2 min 5 s left');
  t.equal(show(0, 96_000, 8 * MIB), '0 B of 93.8 GiB, 8 MiB/s, 3 h 20 min left');
  t.equal(show(300, 300, 8 * MIB), '300 MiB of 300 MiB, 8 MiB/s');
});

t.test('where no terminal is, progress has a line every five seconds', async (t) => {
  const lines: string[] = [];
  let now = 1000;
  const reporter = createLineReporter({ write: (text: string) => lines.push(text) }, 'normal', () => now);
  reporter.emit({ type: 'image-start', slot: 'a', action: 'download' });
  for (let received = 0; received < 120; received++) {
    reporter.emit({
      type: 'image-progress',
      slot: 'a',
      received: received * MIB,
      total: null,
      bytesPerSecond: 10 * MIB,
    });
    now += 100;
  }
  t.strictSame(lines, ['image a: downloading\n', 'image a: 50 MiB, 10 MiB/s\n', 'image a: 100 MiB, 10 MiB/s\n']);
});

t.test('what a terminal would obey is shown', async (t) => {
  const lines: string[] = [];
  const reporter = createLineReporter({ write: (text: string) => lines.push(text) }, 'normal');
  reporter.emit({ type: 'note', message: 'run 2: verify for e\u001B[31m\u0007c\nand more' });
  t.strictSame(lines, ['run 2: verify for e\\u001b[31m\\u0007c\nand more\n']);
});
