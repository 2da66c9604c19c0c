import t from 'tap';
import { consoleText } from '../../src/cli/render/console-text.js';

t.test('nothing that a guest writes to its console hides what it wrote before', (t) => {
  const shown = (text: string): string => consoleText(Buffer.from(text));
  t.equal(shown('rm -rf /\b\b\b\b\b\b\b\becho ok'), 'rm -rf /echo ok', 'backspaces');
  t.equal(shown('password: x\rpassword:  \r\nnext\r\r\n'), 'password: x\npassword:  \nnext\n', 'carriage returns');
  t.equal(shown('a\u202Egnp.exe\u2066b\u2028c'), 'agnp.exebc', 'the direction of writing');
  t.equal(shown('\u001B[31mred\u001B[0m'), '\u001B[31mred\u001B[0m', 'colours stay');
  t.end();
});
