import { shellQuote } from '../text/shell-quote.js';

/**
 * Returns the line for a guest's shell. Several words are a program and its arguments, and each arrives as it is. One word
 * alone is a line of shell, as for ssh.
 */
export function commandLine(words: readonly string[]): string {
  const [first = '', ...others] = words;
  if (others.length === 0) return first;
  // Without quotes a first word with "=" in it would set a variable.
  const program = first.includes('=') ? `''${shellQuote(first)}` : shellQuote(first);
  return [program, ...others.map(shellQuote)].join(' ');
}
