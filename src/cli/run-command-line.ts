import yargs, { type Argv, type Options } from 'yargs';
import { unknownWord } from '../text/unknown-word.js';
import { VirtbsError } from '../errors.js';
import { assertArgumentsKnown } from './assert-arguments-known.js';
import type { Command, CommandContext } from './command.js';
import { COMMANDS } from './commands.js';
import { blameVariable } from './blame-variable.js';
import { environmentDefaults } from './environment-defaults.js';
import { EXIT_CODES } from './exit-codes.js';
import { GLOBAL_OPTIONS } from './global-options.js';
import { orderOverrides } from './order-overrides.js';
import type { ParsedLine } from './read-arguments.js';
import { readVersion } from './read-version.js';
import { runOnSlice } from './run-on-slice.js';
import { spellFlags } from './spell-flags.js';

/** The parser's words that would leave a person guessing, in ours. */
const STRINGS = {
  'Not enough non-option arguments: got %s, need at least %s': {
    one: 'arguments are missing: got %s, need at least %s',
    other: 'arguments are missing: got %s, need at least %s',
  },
  'Not enough arguments following: %s': 'a value is missing behind option %s',
  'Argument: %s, Given: %s, Choices: %s': '%s: %s is not one of %s',
  'Show help': 'show this help',
  'Show version number': 'show the version',
};

/** Words that other tools have for commands of ours; each stands for the one of these that there is. */
const OTHER_WORDS: ReadonlyMap<string, string> = new Map([
  ['list', 'ls'],
  ['ps', 'ls'],
  ['destroy', 'wipe'],
  ['delete', 'wipe'],
  ['down', 'wipe'],
  ['create', 'cycle'],
  ['halt', 'stop'],
  ['shutdown', 'stop'],
  ['exec', 'run'],
  ['logs', 'log'],
  ['images', 'image'],
  ['checkpoints', 'checkpoint'],
]);

/** The name of the parser's own errors, some of which come without a message beside them. */
const PARSE_ERROR = 'YError';

/** The command that the shells' completion scripts call; nobody types it. */
const COMPLETE = '__complete';

/** Stands before the groups of the options that every command has: the parser puts a command's own groups first. */
const OWN_GROUP = 'Options:';
const HELP_GROUP = 'Help:';

const EPILOGUE = `Every option can be set in the environment: VIRTBS_SLICE=2, VIRTBS_OUTPUT_DIR=…; the command line wins.
Exit codes: ${EXIT_CODES.map(([code, meaning]) => `${code} ${meaning}`).join('; ')}.`;

/**
 * Parses the command line and runs its command.
 *
 * @returns the exit code
 * @throws VirtbsError `usage` for a line that cannot be understood
 */
export async function runCommandLine(argv: readonly string[], context: CommandContext): Promise<number> {
  if (argv[0] === COMPLETE) {
    const { complete } = await import('./complete/complete.js');
    await complete(argv.slice(argv[1] === '--' ? 2 : 1), context);
    return 0;
  }
  let chosen: (() => Promise<number | void>) | undefined;
  const end = argv.indexOf('--');
  const [typed, passed] = end < 0 ? [argv, []] : [argv.slice(0, end), argv.slice(end + 1)];
  const ours = spellFlags(typed, COMMANDS);
  const parser = yargs([...ours])
    .scriptName('virtbs')
    .usage('$0 [options] COMMAND\n\nNumbered slices of VMs on one machine, thrown away and rebuilt with one command.')
    .options(environmentDefaults(GLOBAL_OPTIONS, context.env))
    .parserConfiguration({ 'parse-positional-numbers': false })
    .updateStrings(STRINGS as unknown as Record<string, string>) // its types know no plurals
    .boolean(booleanOptions(COMMANDS))
    .version(readVersion(context.packageDirectory))
    .help()
    .alias('help', 'h')
    .group(['help', 'version'], HELP_GROUP)
    .wrap(context.stdout.columns ? Math.min(context.stdout.columns, 110) : 100)
    .epilogue(EPILOGUE)
    .exitProcess(false)
    .fail((message: string | null, error?: Error) => {
      if (error && error.name !== PARSE_ERROR) throw error;
      throw new VirtbsError('usage', withDashes((message ?? error?.message ?? '').trim()), {
        hint: 'virtbs --help shows what there is',
      });
    });
  const showHelp = (words: readonly string[]): Promise<number> =>
    runCommandLine([...commandPath(words), '--help'], context);
  const choose: Choose = (command, args, path) => {
    assertArgumentsKnown(command, args, { path, passed });
    const call = command.read?.({ parsed: args, overrides: orderOverrides(ours, context.env), passed });
    chosen = call && (() => runOnSlice(call, { ...context, commands: COMMANDS, showHelp }));
  };
  for (const command of COMMANDS) addCommand(parser, command, { choose, env: context.env, above: [] });
  // With a callback the parser prints nothing itself, and its help goes where every result goes.
  const print = (_error: unknown, _args: unknown, text: string): void => {
    if (text !== '') context.stdout.write(`${text}\n`);
  };
  const parsed = await parser.parseAsync([...ours], {}, print);
  if (chosen) {
    const code = await chosen().catch((error: unknown) => {
      throw blameVariable(error, ours, context.env);
    });
    return code ?? 0;
  }
  const words = parsed._.map(String);
  if (ours.at(-1) === 'help')
    commandPath(words); // the parser takes this word for --help
  else if (parsed['help'] !== true && parsed['version'] !== true) throw unknownCommand(words);
  return 0;
}

type Choose = (command: Command, args: ParsedLine, path: readonly string[]) => void;

interface Registry {
  readonly choose: Choose;
  readonly env: CommandContext['env'];
  /** The words that name the group which the command is in. */
  readonly above: readonly string[];
}

function addCommand(parser: Argv, command: Command, registry: Registry): void {
  const { choose, env, above } = registry;
  const path = [...above, nameOf(command)];
  parser.command(
    command.isDefault === true ? [command.command, '$0'] : command.command,
    command.describe,
    (builder) => {
      for (const [name, positional] of Object.entries(command.positionals ?? {})) builder.positional(name, positional);
      builder.options(environmentDefaults(inGroup(OWN_GROUP, command.options ?? {}), env));
      for (const [line, what] of command.examples ?? []) builder.example(line, what);
      for (const subcommand of command.subcommands ?? []) addCommand(builder, subcommand, { ...registry, above: path });
      return builder;
    },
    (args) => {
      const isNamed = Array.isArray(args['_']) && String(args['_'][above.length]) === nameOf(command);
      if (command.read) choose(command, args, command.isDefault === true && !isNamed ? above : path);
    },
  );
}

function inGroup(group: string, options: Readonly<Record<string, Options>>): Record<string, Options> {
  return Object.fromEntries(Object.entries(options).map(([name, option]) => [name, { ...option, group }]));
}

/**
 * The words that name a command, without those behind it.
 *
 * @throws VirtbsError `usage` where there is no such command
 */
function commandPath(words: readonly string[], commands = COMMANDS): readonly string[] {
  const [name, ...rest] = words;
  if (name === undefined) return [];
  const found = commands.find((command) => nameOf(command) === name);
  if (!found) throw unknownCommand(words, commands);
  return [name, ...(found.subcommands ? commandPath(rest, found.subcommands) : [])];
}

function nameOf({ command }: Command): string {
  return command.split(' ')[0] ?? '';
}

/** The error for words that lead to no command. */
function unknownCommand([name, ...rest]: readonly string[], commands = COMMANDS, path = 'virtbs'): VirtbsError {
  const names = commands.map(nameOf);
  const hint = `${path} --help shows what there is`;
  if (name === undefined) return new VirtbsError('usage', `${path}: say what to do: ${names.join(', ')}`, { hint });
  const found = commands[names.indexOf(name)];
  if (found?.subcommands) return unknownCommand(rest, found.subcommands, `${path} ${name}`);
  const ours = OTHER_WORDS.get(name);
  if (ours === undefined || !names.includes(ours)) {
    return new VirtbsError('usage', unknownWord('unknown command', name, names), { hint });
  }
  const message = `unknown command ${JSON.stringify(name)}: it is called ${JSON.stringify(ours)} here`;
  return new VirtbsError('usage', message, { hint: `${path} ${ours} --help shows what there is` });
}

/** The parser's words for a value that is none of an option's choices, with the option's name as it is typed. */
function withDashes(message: string): string {
  const names = optionNames(COMMANDS);
  const own = message.replace(/^Invalid values:\s*/, '');
  return own.replace(/^([a-z-]+)(?=: .* is not one of )/, (name) => (names.includes(name) ? `--${name}` : name));
}

function optionNames(commands: readonly Command[]): string[] {
  return [
    ...Object.keys(GLOBAL_OPTIONS),
    ...commands.flatMap(({ options = {}, subcommands = [] }) => [...Object.keys(options), ...optionNames(subcommands)]),
  ];
}

/** Flags of commands, so that one before its command's name does not take that name for its value. */
function booleanOptions(commands: readonly Command[]): string[] {
  return commands.flatMap(({ options = {}, subcommands = [] }) => [
    ...Object.entries(options).flatMap(([name, { type }]) => (type === 'boolean' ? [name] : [])),
    ...booleanOptions(subcommands),
  ]);
}
