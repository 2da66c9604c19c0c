import { styleText } from 'node:util';
import type { CommandContext, OutputStream } from '../command.js';

export type Color = 'red' | 'yellow' | 'green';

/** Colors a word for a terminal, unless NO_COLOR is set to anything. Source: https://no-color.org */
export function paint(
  color: Color,
  text: string,
  to: { readonly stream: OutputStream; readonly env: CommandContext['env'] },
): string {
  const colors = to.stream.isTTY === true && !to.env['NO_COLOR'] && to.env['TERM'] !== 'dumb';
  return colors ? styleText(color, text, { validateStream: false }) : text;
}
