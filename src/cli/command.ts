import type { Options } from 'yargs';
import type { Override } from '../config/read-override.js';
import type { VirtbsEvent } from '../events.js';
import type { Lease } from '../slice/lease-slice.js';
import type { LeaseRequest } from '../workplace/lease-request.js';
import type { Sources } from '../workplace/sources.js';
import type { OptionValues, PositionalTable } from './argument-types.js';
import type { GLOBAL_OPTIONS } from './global-options.js';
import type { ParsedLine } from './read-arguments.js';

/** The context of a command, in the place of the process: streams, folder, environment, and a way to be told to stop. */
export interface CommandContext {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  /** The result goes here, and nothing else. */
  readonly stdout: OutputStream;
  /** Talk: progress, warnings, questions. */
  readonly stderr: OutputStream;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Says that an interrupt is how this command ends: nothing is said about it then. */
  readonly expectInterrupt: () => void;
  /** Says that a program which has the terminal answers its interrupts: they are nothing to us any more. */
  readonly leaveInterrupts: () => void;
  /** Says that this command only shows something: it ends when its output cannot be written any more, or nobody reads it. */
  readonly endWithReader: () => Promise<void>;
  /** Says that this command is for whoever started it: the end of the parent process interrupts it as SIGHUP does. */
  readonly endWithParent: () => Promise<void>;
  /** Gives what the arguments lead to, where it was read to find out the slice. */
  readonly read?: (() => Promise<Sources>) | undefined;
  /** The folder of this package; it holds `slices/` and `images/`. */
  readonly packageDirectory: string;
  /** Milliseconds on the clock of `performance.now()` when the process began. */
  readonly started: number;
}

export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string | Uint8Array): unknown;
}

/** The arguments that all commands share. */
export type GlobalArguments = Omit<OptionValues<typeof GLOBAL_OPTIONS>, 'set' | 'setLiteral'> & {
  /** `-e` and `-E` in the order given. */
  readonly overrides: readonly Override[];
  /** The words behind `--`, which are another program's. */
  readonly passed: readonly string[];
};

/** The description of a command, for help, manual page and completion. */
export interface CommandShape {
  /** Name and positional arguments as yargs writes them: `cycle <layers> <topology..>`. */
  readonly command: string;
  readonly describe: string;
  readonly positionals?: PositionalTable;
  readonly options?: Readonly<Record<string, Options>>;
  /** True if it takes words behind `--`. */
  readonly passes?: boolean;
  /** Whether its group without the name of a command means this one: `snapshot NAME` is `snapshot make NAME`. */
  readonly isDefault?: boolean;
  readonly examples?: readonly (readonly [command: string, what: string])[];
}

/** A command as data, made by `defineCommand`, or a group of commands. It loads the verb that it needs when it runs. */
export interface Command extends CommandShape {
  readonly subcommands?: readonly Command[];
  /** Reads the arguments of one call; not there for a group. @throws VirtbsError `usage` for what makes no sense */
  read?(line: GivenLine): CommandCall;
}

export interface GivenLine extends Pick<GlobalArguments, 'overrides' | 'passed'> {
  readonly parsed: ParsedLine;
}

/** A command with its arguments. */
export interface CommandCall {
  readonly args: GlobalArguments;
  /** True if no slice in particular is meant. */
  readonly isSliceless: boolean;
  /** The value of `--file`. */
  readonly topologyFile?: string | undefined;
  /** Given where the command can begin with an empty slice. */
  readonly lease?: LeaseTerms;
  /**
   * A number is the exit code, for commands that run another program.
   *
   * @param slice replaces what the line says
   */
  run(slice: number | undefined, context: RunContext): Promise<number | void>;
}

/** The terms of the lease that a command asks for. */
export interface LeaseTerms extends LeaseRequest {
  /** Whether it leases also where there is no `--slice` at all. */
  readonly byDefault: boolean;
}

/** The context that a command is run with, besides its arguments. */
export interface RunContext extends CommandContext {
  /** Every command there is. */
  readonly commands: readonly Command[];
  /** Shows the help of the command that the words name. */
  readonly showHelp: (words: readonly string[]) => Promise<number>;
  /** The slice that was leased for this call, where that was asked for; its number is in the arguments. */
  readonly lease?: Lease;
}

/** Receives what a verb says while it works, and draws it. */
export interface Reporter extends Disposable {
  readonly emit: (event: VirtbsEvent) => void;
}
