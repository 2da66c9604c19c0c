import { createInterface } from 'node:readline/promises';
import type { CommandContext } from './command.js';

/** Asks a yes-or-no question on a terminal; anything but yes is no. The question goes to stderr, for stdout is the result. */
export async function confirm(question: string, { stdin, stderr, signal }: CommandContext): Promise<boolean> {
  const terminal = createInterface({ input: stdin });
  try {
    stderr.write(`${question} [y/N] `);
    const answer = await Promise.race([
      terminal.question('', { signal }),
      // The end of the input is no answer.
      new Promise<string>((resolve) => terminal.once('close', () => resolve(''))),
    ]);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
