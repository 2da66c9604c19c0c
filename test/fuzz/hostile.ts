import fc from 'fast-check';
import { FORGED } from './fuzz.js';

/** Words that have a meaning to something that our texts end up in. */
const WORDS = [
  '',
  ' ',
  '-',
  '--',
  '-oProxyCommand=id',
  '.',
  '..',
  '../../etc/passwd',
  '/',
  '~root',
  '*',
  '%h',
  '%',
  '${HOME}',
  '$(id)',
  '`id`',
  ';id',
  '|id',
  '&',
  "'",
  '"',
  '\\',
  "'; id; '",
  '"; id; "',
  '#',
  '{{ 7*7 }}',
  '{% raw %}',
  '{#',
  '!unsafe x',
  '<domain/>',
  ']]>',
  '</name><name>x',
  '&lt;',
  '&#0;',
  '<!--',
  'null',
  'true',
  '~',
  '0',
  '-1',
  '00',
  '1e9',
  '0x10',
  '0o17',
  '1.5',
  '.inf',
  '.nan',
  '999999999999999999999',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  `\n${FORGED} x`,
  `x\n${FORGED} x`,
  '\r',
  '\r\n',
  '\t',
  '\0',
  '\u0007',
  '\u001B[2J',
  '\u001B]0;x\u0007',
  '\u007F',
  '\u0085',
  '\u009B2J',
  '\u2028',
  '\u202E',
  '\uFEFF',
  '\uFFFE',
  '\uFFFF',
  '\uD800',
  'é',
  '漢字',
  '💥',
  'x'.repeat(300),
  '[',
  '{',
  'mini',
  'roles',
  'controller',
  'net',
  'data',
  'a:b',
  'a,b',
  'a=b',
];

/** A text that is a hostile word, several in a row, or anything. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...WORDS),
  fc.array(fc.constantFrom(...WORDS), { minLength: 2, maxLength: 3 }).map((words) => words.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ maxLength: 20 }),
);

/** Anything that JSON or YAML can say. */
export const hostileValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    hostileText,
    fc.constantFrom(null, true, false, 0, -1, 1, 2, 64, 1.5, 2 ** 31, 2 ** 53, 1e300, Number.NaN, Infinity),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(hostileText, tie('value'), { maxKeys: 3 }),
  ),
})).value;

/** One place of a text, and what is done there. */
type Edit = readonly [kind: number, at: number, length: number, word: string];

const edits: fc.Arbitrary<Edit[]> = fc.array(fc.tuple(fc.nat(3), fc.nat(), fc.nat(40), hostileText), {
  minLength: 1,
  maxLength: 4,
});

/** One of the texts with a few hostile edits: parts overwritten, left out, doubled, or something put between. */
export function mutated(texts: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...texts), edits).map(([text, changes]) => changes.reduce(applyEdit, text));
}

function applyEdit(text: string, [kind, place, length, word]: Edit): string {
  const at = text.length === 0 ? 0 : place % text.length;
  const [before, part, after] = [text.slice(0, at), text.slice(at, at + length), text.slice(at + length)];
  return (
    [
      `${before}${word}${after}`,
      `${before}${after}`,
      `${before}${part}${part}${after}`,
      `${before}${word}${part}${after}`,
    ][kind] ?? text
  );
}
