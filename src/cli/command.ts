import type { Options, PositionalOptions } from 'yargs';
import type { DriverName } from '../known-drivers.js';
import type { VirtbsEvent } from '../events.js';
import type { Lease } from '../slice/lease-slice.js';

/** What a command is given instead of the process: streams, folder, environment, and a way to be told to stop. */
export interface CommandContext {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** The result goes here, and nothing else. */
  readonly stdout: OutputStream;
  /** Talk: progress, warnings, questions. */
  readonly stderr: OutputStream;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Says that an interrupt is how this command ends: nothing is said about it then. */
  readonly expectInterrupt: () => void;
  /** Where this package is: `slices/` and `images/` are in it. */
  readonly packageDirectory: string;
  /** Milliseconds on the clock of `performance.now()` when the process began. */
  readonly started: number;
  /** The slice that was leased for this call, where that was asked for; its number is in the arguments. */
  readonly lease?: Lease;
}

export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string | Uint8Array): unknown;
}

/** The options that every command has. */
export interface GlobalOptions {
  readonly slice: string | undefined;
  /** The configuration's where it is not given. */
  readonly driver: DriverName | undefined;
  readonly connect: string;
  readonly root: string | undefined;
  readonly outputDir: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly config: readonly string[];
  /** `-e` and `-E` in the order given. */
  readonly overrides: readonly Override[];
  /** The words behind `--`, which are another program's. */
  readonly passed: readonly string[];
}

export interface Override {
  readonly kind: 'string' | 'literal';
  readonly text: string;
}

/** The arguments of one call as yargs has parsed them; a command reads its own by their names. */
export type CommandArguments = GlobalOptions & Readonly<Record<string, unknown>>;

/** A command as data; `run` loads the verb it needs, so that the others cost nothing. */
export interface Command {
  /** Name and positional arguments as yargs writes them: `cycle <layers> <topology..>`. */
  readonly command: string;
  readonly describe: string;
  readonly positionals?: Readonly<Record<string, PositionalOptions>>;
  readonly options?: Readonly<Record<string, Options>>;
  /** Whether it takes words behind `--`. */
  readonly passes?: boolean;
  /** Given where it can begin with an empty slice, so that `--slice auto` leases one for it. */
  readonly leases?: LeaseTerms;
  /** Whether no slice in particular is meant, whatever `--slice` or the environment says. */
  sliceless?(args: CommandArguments): boolean;
  /** Refuses arguments that make no sense, before a slice is leased. @throws VirtbsError `usage` */
  check?(args: CommandArguments): void;
  readonly examples?: readonly (readonly [command: string, what: string])[];
  readonly subcommands?: readonly Command[];
  /** A number is the exit code, for commands that run another program. */
  run?(args: CommandArguments, context: CommandContext): Promise<number | void>;
}

export interface LeaseTerms {
  /** Whether it leases also where there is no `--slice` at all. */
  readonly byDefault: boolean;
  /** What the lease lasts as long as. */
  readonly until: 'process' | 'session';
}

/** Receives what a verb says while it works, and draws it. */
export interface Reporter extends Disposable {
  readonly emit: (event: VirtbsEvent) => void;
}
