import t from 'tap';
import { paint } from '../../src/cli/render/paint.js';
import { createReporter } from '../../src/cli/render/reporter.js';
import { renderTable, tableWidth } from '../../src/cli/render/table.js';
import type { CommandContext } from '../../src/cli/command.js';

const ROWS = [
  ['VM', 'STATE', 'IMAGE', 'AGE'],
  ['controller-02', 'running', 'debian-12/0123456789abcdef', '3m 4s'],
];

t.test('a table has no more than the width of the terminal, and cuts its widest columns first', (t) => {
  t.equal(renderTable(ROWS).split('\n')[1], 'controller-02  running  debian-12/0123456789abcdef  3m 4s');
  t.equal(renderTable(ROWS, 57), renderTable(ROWS), 'exactly as wide as the terminal');
  t.equal(renderTable(ROWS, 44).split('\n')[1], 'controller-02  running  debian-12/01…  3m 4s');
  for (let width = 1; width < 60; width++) {
    const lines = renderTable(ROWS, width).trimEnd().split('\n');
    t.ok(lines.every((line) => line.length <= width) && lines.length === 2, String(width));
  }
  t.end();
});

t.test('whole columns are left out by importance, and what stays is never cut', (t) => {
  const optional = ['IMAGE', 'AGE'];
  const heading = (width: number): string => renderTable(ROWS, width, optional).split('\n')[0] ?? '';
  t.equal(renderTable(ROWS, 57, optional), renderTable(ROWS), 'all of it where there is room');
  t.equal(heading(56), 'VM             STATE    AGE');
  t.equal(heading(27), 'VM             STATE');
  for (let width = 1; width < 57; width++) {
    const line = renderTable(ROWS, width, optional).split('\n')[1] ?? '';
    t.match(line, /^controller-02 {2}running/, `${width}: names are whole`);
  }
  t.end();
});

t.test('what is no terminal gets all of it', (t) => {
  const write = (): boolean => true;
  t.equal(tableWidth({ write, columns: 40 }), Number.POSITIVE_INFINITY);
  t.equal(tableWidth({ write, isTTY: true, columns: 40 }), 40);
  t.equal(tableWidth({ write, isTTY: true, columns: 0 }), Number.POSITIVE_INFINITY, 'a terminal that does not know');
  t.end();
});

t.test('colors are for terminals, and for nobody who has set NO_COLOR', (t) => {
  const terminal = { isTTY: true, write: (): boolean => true };
  const colored = (env: CommandContext['env'], stream = terminal): boolean =>
    paint('red', 'x', { stream, env }) !== 'x';
  t.ok(colored({}));
  t.ok(colored({ NO_COLOR: '' }), 'empty is not set');
  t.notOk(colored({ NO_COLOR: '1' }));
  t.notOk(colored({ TERM: 'dumb' }));
  t.notOk(colored({}, { ...terminal, isTTY: false }));
  t.end();
});

t.test('nothing is drawn over where CI is set', (t) => {
  const drawn = (env: CommandContext['env']): boolean => {
    let text = '';
    const stderr = { isTTY: true, columns: 80, rows: 24, write: (words: string): unknown => (text += words) };
    const context = { stderr, env } as unknown as CommandContext;
    using reporter = createReporter({ progress: 'auto', quiet: false, verbose: false }, context);
    reporter.emit({ type: 'vm', hostname: 'plain-60', phase: 'started' });
    return text.includes('\u001B');
  };
  const terminal = (env: CommandContext['env']): boolean => drawn({ TERM: 'xterm', ...env });
  t.notOk(terminal({ CI: 'true' }));
  t.notOk(terminal({ CI: '1' }));
  t.notOk(drawn({ TERM: 'dumb' }));
  t.ok(terminal({ CI: 'false' }) && terminal({ CI: '' }) && terminal({}));
  t.end();
});
