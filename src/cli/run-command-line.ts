import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import yargs, { type Argv } from 'yargs';
import { unknownWord } from '../config/unknown-word.js';
import { VirtbsError } from '../errors.js';
import { assertArgumentsKnown } from './assert-arguments-known.js';
import type { Command, CommandArguments, CommandContext } from './command.js';
import { COMMANDS } from './commands.js';
import { environmentDefaults } from './environment-defaults.js';
import { EXIT_CODES } from './exit-codes.js';
import { GLOBAL_OPTIONS } from './global-options.js';
import { orderOverrides } from './order-overrides.js';
import { runOnSlice } from './run-on-slice.js';

/** The parser's words that would leave a person guessing, in ours. */
const STRINGS = {
  'Not enough non-option arguments: got %s, need at least %s': {
    one: 'arguments are missing: got %s, need at least %s',
    other: 'arguments are missing: got %s, need at least %s',
  },
  'Not enough arguments following: %s': 'a value is missing behind option %s',
  'Show help': 'show this help',
  'Show version number': 'show the version',
};

/** The name of the parser's own errors, some of which come without a message beside them. */
const PARSE_ERROR = 'YError';

/** What the shells' scripts ask; nobody types it. */
const COMPLETE = '__complete';

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
  const [ours, passed] = end < 0 ? [argv, []] : [argv.slice(0, end), argv.slice(end + 1)];
  const parser = yargs([...ours])
    .scriptName('virtbs')
    .usage('$0 [options] COMMAND\n\nNumbered slices of VMs on one machine, thrown away and rebuilt with one command.')
    .options(environmentDefaults(GLOBAL_OPTIONS, context.env))
    .parserConfiguration({ 'parse-positional-numbers': false })
    .updateStrings(STRINGS as unknown as Record<string, string>) // its types know no plurals
    .check(assertGivenOnce)
    .boolean(booleanOptions(COMMANDS))
    .version(readVersion(context.packageDirectory))
    .help()
    .alias('help', 'h')
    .wrap(context.stdout.columns ? Math.min(context.stdout.columns, 110) : 100)
    .epilogue(EPILOGUE)
    .exitProcess(false)
    .fail((message: string | null, error?: Error) => {
      if (error && error.name !== PARSE_ERROR) throw error;
      throw new VirtbsError('usage', message ?? error?.message ?? '', { hint: 'virtbs --help shows what there is' });
    });
  const choose: Choose = (command, args, words) => {
    assertArgumentsKnown(command, args, { words, passed });
    const globals = { ...args, overrides: orderOverrides(ours, context.env), passed };
    chosen = () => runOnSlice(command, globals, context);
  };
  for (const command of COMMANDS) addCommand(parser, command, { choose, env: context.env, words: 1 });
  const args = await parser.parseAsync();
  if (chosen) return (await chosen()) ?? 0;
  if (args['help'] !== true && args['version'] !== true) throw unknownCommand(args._.map(String));
  return 0;
}

type Choose = (command: Command, args: CommandArguments, words: number) => void;

interface Registry {
  readonly choose: Choose;
  readonly env: CommandContext['env'];
  /** How many words name the command. */
  readonly words: number;
}

function addCommand(parser: Argv, command: Command, registry: Registry): void {
  const { choose, env, words } = registry;
  parser.command(
    command.command,
    command.describe,
    (builder) => {
      for (const [name, positional] of Object.entries(command.positionals ?? {})) builder.positional(name, positional);
      builder.options(environmentDefaults(command.options ?? {}, env));
      for (const [line, what] of command.examples ?? []) builder.example(line, what);
      for (const subcommand of command.subcommands ?? [])
        addCommand(builder, subcommand, { ...registry, words: words + 1 });
      return builder;
    },
    (args) => {
      if (command.run) choose(command, args as unknown as CommandArguments, words);
    },
  );
}

/** The error for words that lead to no command. */
function unknownCommand([name, ...rest]: readonly string[], commands = COMMANDS, path = 'virtbs'): VirtbsError {
  const names = commands.map(({ command }) => command.split(' ')[0] ?? '');
  const hint = `${path} --help shows what there is`;
  if (name === undefined) return new VirtbsError('usage', `${path}: say what to do: ${names.join(', ')}`, { hint });
  const found = commands[names.indexOf(name)];
  if (found?.subcommands) return unknownCommand(rest, found.subcommands, `${path} ${name}`);
  return new VirtbsError('usage', unknownWord('unknown command', name, names), { hint });
}

/** Flags of commands, so that one before its command's name does not take that name for its value. */
function booleanOptions(commands: readonly Command[]): string[] {
  return commands.flatMap(({ options = {}, subcommands = [] }) => [
    ...Object.entries(options).flatMap(([name, { type }]) => (type === 'boolean' ? [name] : [])),
    ...booleanOptions(subcommands),
  ]);
}

/** An option with one value that is given twice would be a list. */
function assertGivenOnce(args: Readonly<Record<string, unknown>>): boolean {
  for (const [name, option] of Object.entries(GLOBAL_OPTIONS)) {
    if ('array' in option || !Array.isArray(args[name])) continue;
    throw new VirtbsError('usage', `--${name} is given ${args[name].length} times`, { hint: 'give it once' });
  }
  return true;
}

function readVersion(packageDirectory: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8'));
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return known ? String(manifest.version) : 'unknown';
}
