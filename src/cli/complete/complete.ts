import type { CommandContext } from '../command.js';
import { COMMANDS } from '../commands.js';
import { analyzeWords, type Candidate, type Expectation } from './analyze-words.js';

/** Values that the shell itself completes, by the name of their option or positional argument. */
const PATHS: Readonly<Record<string, 'file' | 'directory'>> = {
  config: 'file',
  project: 'file',
  file: 'file',
  root: 'directory',
  'output-dir': 'directory',
};

/** Kinds that are lists: another word may follow without a blank. */
const LISTS = new Set(['layers', 'topology']);

/**
 * Answers a shell's completion: a line for each candidate, with a tab and its meaning, or one of `:file`, `:directory`. A candidate
 * that ends in `:`, `=` or `,` wants to be typed on. Whatever goes wrong, nothing is offered.
 *
 * @param words of the line behind the program's name, up to the cursor
 */
export async function complete(words: readonly string[], context: CommandContext): Promise<void> {
  const expectation = analyzeWords(words, COMMANDS);
  const { value, prefix, typed } = expectation;
  // A payload that is written with a dot or a slash is a folder.
  const isFolder = value === 'payload' && /^[./~]/.test(typed);
  const path = isFolder ? 'directory' : value === null ? undefined : PATHS[value];
  if (path) {
    context.stdout.write(`:${path}\n`);
    return;
  }
  const list = value !== null && LISTS.has(value) ? typed.slice(0, typed.lastIndexOf(',') + 1) : '';
  const candidates = await candidatesFor(expectation, context);
  const lines = candidates
    .map(({ word, description }) => ({ word: `${list}${word}`, description }))
    .filter(({ word }) => word.startsWith(typed))
    .map(({ word, description }) => `${prefix}${word}\t${description.replaceAll(/\s+/g, ' ')}\n`);
  context.stdout.write([...new Set(lines)].join(''));
}

async function candidatesFor(expectation: Expectation, context: CommandContext): Promise<readonly Candidate[]> {
  const { words, value } = expectation;
  if (words.length > 0 || value === null) return words;
  const { liveNames } = await import('./live-names.js');
  return await liveNames(value, expectation, context).catch(() => []);
}
