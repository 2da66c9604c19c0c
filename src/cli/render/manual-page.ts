import type { Options, PositionalOptions } from 'yargs';
import type { Command } from '../command.js';
import { variableName } from '../environment-defaults.js';
import { EXIT_CODES } from '../exit-codes.js';
import { GLOBAL_OPTIONS } from '../global-options.js';

/** The manual page in the language of man(7), from what the parser is given too. */
export function manualPage(commands: readonly Command[]): string {
  const lines = [
    '.TH VIRTBS 1 "" virtbs "User Commands"',
    '.SH NAME',
    String.raw`virtbs \- numbered slices of VMs on one machine, thrown away and rebuilt with one command`,
    '.SH SYNOPSIS',
    '.B virtbs',
    '.RI [ options ]',
    '.I command',
    '.SH COMMANDS',
    ...commands.flatMap((command) => describeCommand(command, '')),
    '.SH OPTIONS',
    'Every command has these.',
    ...describeOptions(GLOBAL_OPTIONS),
    '.SH ENVIRONMENT',
    'Every option can be set in the environment; the command line wins.',
    'A list is separated by colons.',
    ...Object.keys(GLOBAL_OPTIONS).flatMap((name) => ['.TP', `.B ${variableName(name)}`, plain(`as --${name}`)]),
    '.TP',
    '.B NO_COLOR',
    'No colors, if set to anything.',
    '.TP',
    '.B CI',
    'Plain lines instead of a drawing that changes, if set to anything but false or 0.',
    '.SH EXIT STATUS',
    ...EXIT_CODES.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, plain(meaning)]),
    '.SH SEE ALSO',
    '.BR virsh (1),',
    '.BR ssh_config (5)',
  ];
  return `${lines.join('\n')}\n`;
}

function describeCommand(command: Command, above: string): readonly string[] {
  const path = `${above}${command.command}`;
  if (command.subcommands) {
    const prefix = `${above}${command.command.split(' ')[0] ?? ''} `;
    return command.subcommands.flatMap((subcommand) => describeCommand(subcommand, prefix));
  }
  const examples = (command.examples ?? []).flatMap(([line, what]) => [
    '.TP',
    `.B ${escape(line.replaceAll('$0', 'virtbs'))}`,
    plain(what),
  ]);
  return [
    `.SS ${escape(path)}`,
    plain(sentence(command.describe)),
    ...Object.entries(command.positionals ?? {}).flatMap(([name, positional]) => [
      '.TP',
      `.I ${escape(name)}`,
      plain(describe(positional)),
    ]),
    ...describeOptions(command.options ?? {}),
    ...examples,
  ];
}

function describeOptions(options: Readonly<Record<string, Options>>): readonly string[] {
  return Object.entries(options).flatMap(([name, option]) => {
    const { type, alias } = option;
    const long = type === 'boolean' && option.default === true ? `--no-${name}` : `--${name}`;
    const names = [...(typeof alias === 'string' ? [`-${alias}`] : []), long].map(
      (word) => String.raw`\fB${escape(word)}\fR`,
    );
    const value = type === 'boolean' ? '' : String.raw` \fI${escape(valueName(name))}\fR`;
    return ['.TP', `${names.join(', ')}${value}`, plain(describe(option))];
  });
}

function valueName(option: string): string {
  return option.toUpperCase().replaceAll('-', '_');
}

function describe(option: Options | PositionalOptions): string {
  const { describe: text = '', choices, default: value } = option;
  const defaultDescription = 'defaultDescription' in option ? option.defaultDescription : undefined;
  const worth = defaultDescription ?? (typeof value === 'string' ? value : undefined);
  return [
    sentence(text),
    ...(choices ? [`One of ${choices.join(', ')}.`] : []),
    ...(worth === undefined ? [] : [`Default: ${worth}.`]),
  ].join(' ');
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}

/** A line of text that is no request, whatever it begins with. */
function plain(text: string): string {
  return String.raw`\&${escape(text)}`;
}

/** Source: groff_char(7): what ASCII looks like is not what a bare character gives. */
function escape(text: string): string {
  return text
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll("'", String.raw`\(aq`)
    .replaceAll('`', String.raw`\(ga`)
    .replaceAll('…', '...')
    .replaceAll('~', String.raw`\(ti`)
    .replaceAll('^', String.raw`\(ha`)
    .replaceAll(
      /[\u{80}-\u{10ffff}]/gu,
      (character) => `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}
