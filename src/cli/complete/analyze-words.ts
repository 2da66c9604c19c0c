import type { Options, PositionalOptions } from 'yargs';
import type { Command } from '../command.js';
import { GLOBAL_OPTIONS } from '../global-options.js';

/** The words that may stand at the cursor. */
export interface Expectation {
  /** Words that are known, with what they mean. */
  readonly words: readonly Candidate[];
  /** The option or positional argument whose value is typed; null where it is a command or the name of an option. */
  readonly value: string | null;
  /** The part of the current word before the value: `--root=`. */
  readonly prefix: string;
  /** The current word without the prefix. */
  readonly typed: string;
  /** Options and positional arguments that stand before the cursor, by name. */
  readonly given: ReadonlyMap<string, readonly string[]>;
}

export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/**
 * Finds out what is being typed, from the data that the parser has too.
 *
 * @param words of the line behind the program's name; the last one is what the cursor stands in, and may be empty
 */
export function analyzeWords(words: readonly string[], commands: readonly Command[]): Expectation {
  const current = words.at(-1) ?? '';
  if (words[0] === 'help' && words.length > 1) return namesOnly(analyzeWords(words.slice(1), commands));
  const line = readLine(words.slice(0, -1), commands);
  const { command, pending, ended, given } = line;
  const at = (value: string | null, candidates: readonly Candidate[], prefix = ''): Expectation => ({
    words: candidates,
    value,
    prefix,
    typed: current.slice(prefix.length),
    given,
  });
  const options = optionsOf(command);
  if (pending !== null) return at(pending, choicesOf(options[pending]));
  const [, name] = ended ? [] : (/^--([a-z-]+)=/.exec(current) ?? []);
  if (name !== undefined) return at(name, choicesOf(options[name]), `--${name}=`);
  if (!ended && current.startsWith('-')) return at(null, optionNames(options));
  const below = command ? command.subcommands : commands;
  if (below && line.positionals > 0) return at(null, []); // behind a word that is no command
  if (below) return at(null, below.map(commandCandidate));
  const positional = positionalAt(command, line.positionals);
  return at(positional, positional === null ? [] : choicesOf(command?.positionals?.[positional]));
}

/** Narrows an expectation to names of commands. */
function namesOnly(expectation: Expectation): Expectation {
  const { value, typed } = expectation;
  return value === null && !typed.startsWith('-') ? expectation : { ...expectation, value: null, words: [] };
}

interface Line {
  /** The innermost command that is named. */
  readonly command: Command | null;
  /** The option whose value comes next. */
  readonly pending: string | null;
  /** `--` has been given: no options any more. */
  readonly ended: boolean;
  /** The number of positional arguments that are given. */
  readonly positionals: number;
  readonly given: ReadonlyMap<string, readonly string[]>;
}

function readLine(words: readonly string[], commands: readonly Command[]): Line {
  const given = new Map<string, readonly string[]>();
  const add = (name: string, value: string): unknown => given.set(name, [...(given.get(name) ?? []), value]);
  let command: Command | null = null;
  let pending: string | null = null;
  let ended = false;
  let positionals = 0;
  for (const word of words) {
    if (pending !== null) {
      add(pending, word);
      pending = null;
    } else if (!ended && word === '--') {
      ended = true;
    } else if (!ended && word.startsWith('-')) {
      pending = readOption(word, optionsOf(command), add);
    } else {
      const below: readonly Command[] = (command ? command.subcommands : commands) ?? [];
      const found: Command | undefined = below.find((candidate) => nameOf(candidate) === word);
      if (found) command = found;
      else add(positionalAt(command, positionals++) ?? '', word);
    }
  }
  return { command, pending, ended, positionals, given };
}

/** @returns the option that still wants its value */
function readOption(
  word: string,
  options: Readonly<Record<string, Options>>,
  add: (name: string, value: string) => unknown,
): string | null {
  const [, long, short, value] = /^(?:--([a-z-]+)|-([A-Za-z]))(?:=?(.+))?$/s.exec(word) ?? [];
  const name = Object.keys(options).find((key) => (long === undefined ? options[key]?.alias === short : key === long));
  if (name === undefined || options[name]?.type === 'boolean') return null;
  if (value === undefined) return name;
  add(name, value);
  return null;
}

function optionsOf(command: Command | null): Readonly<Record<string, Options>> {
  return { ...(usualOf(command) ?? command)?.options, ...GLOBAL_OPTIONS };
}

/** The command of a group that is meant where none is named. */
function usualOf(command: Command | null): Command | undefined {
  return command?.subcommands?.find(({ isDefault }) => isDefault === true);
}

function optionNames(options: Readonly<Record<string, Options>>): readonly Candidate[] {
  return [
    ...Object.entries(options).map(([name, option]) => ({
      word: option.type === 'boolean' && option.default === true ? `--no-${name}` : `--${name}`,
      description: option.describe ?? '',
    })),
    { word: '--help', description: 'show this help' },
  ];
}

/** The name of the positional argument that is the next; the last one may take all that follow. */
function positionalAt(command: Command | null, index: number): string | null {
  const parts = (command?.command.match(/[<[][^>\]]+[>\]]/g) ?? []).map((part) => part.slice(1, -1));
  const part = parts[index] ?? (parts.at(-1)?.endsWith('..') ? parts.at(-1) : undefined);
  return part?.replace('..', '') ?? null;
}

function nameOf({ command }: Command): string {
  return command.split(' ')[0] ?? '';
}

function commandCandidate(command: Command): Candidate {
  return { word: nameOf(command), description: command.describe };
}

function choicesOf(option: Options | PositionalOptions | undefined): readonly Candidate[] {
  return (option?.choices ?? []).map((choice) => ({ word: String(choice), description: '' }));
}
