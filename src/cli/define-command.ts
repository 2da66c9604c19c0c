import type {
  OptionTable,
  OptionValues,
  PositionalNames,
  PositionalTable,
  PositionalValues,
} from './argument-types.js';
import type { Command, CommandShape, GlobalArguments, LeaseTerms, RunContext } from './command.js';
import { GLOBAL_OPTIONS } from './global-options.js';
import { readOptions, readPositionals } from './read-arguments.js';

/** The arguments of a command: the options of all commands, its own options, and its positional arguments. */
export type CommandArguments<Line extends string, P extends PositionalTable, O extends OptionTable> = GlobalArguments &
  OptionValues<O> &
  PositionalValues<Line, P>;

export interface CommandDefinition<
  Line extends string,
  P extends PositionalTable,
  O extends OptionTable,
> extends CommandShape {
  readonly command: Line;
  readonly positionals?: P & Readonly<Record<PositionalNames<Line>, unknown>>;
  readonly options?: O;
  /** Given where it can begin with an empty slice, so that `--slice auto` leases one for it. */
  readonly leases?: (args: CommandArguments<Line, P, O>) => LeaseTerms;
  /** Returns whether no slice in particular is meant, whatever `--slice` or the environment says. */
  readonly sliceless?: (args: CommandArguments<Line, P, O>) => boolean;
  /** Returns the value of `--file`, for commands that have it. */
  readonly topologyFile?: (args: CommandArguments<Line, P, O>) => string | undefined;
  /** Refuses arguments that make no sense, before a slice is leased. @throws VirtbsError `usage` */
  readonly check?: (args: CommandArguments<Line, P, O>) => void;
  /** A number is the exit code, for commands that run another program. */
  readonly run: (args: CommandArguments<Line, P, O>, context: RunContext) => Promise<number | void>;
}

/** Makes a command of its definition; what `run` and the others are given follows from it. */
export function defineCommand<const Line extends string, const P extends PositionalTable, const O extends OptionTable>(
  definition: CommandDefinition<Line, P, O>,
): Command {
  const { leases, sliceless, topologyFile, check, run, ...shape } = definition;
  return {
    ...shape,
    read({ parsed, overrides, passed }) {
      const globals = { ...readOptions(GLOBAL_OPTIONS, parsed), overrides, passed };
      const own = { ...readOptions(definition.options ?? {}, parsed), ...readPositionals(definition.command, parsed) };
      // What is read is what the tables declare; the type says the same of the same tables.
      const args = { ...globals, ...own } as CommandArguments<Line, P, O>;
      check?.(args);
      return {
        args,
        isSliceless: sliceless?.(args) ?? false,
        topologyFile: topologyFile?.(args),
        ...(leases && { lease: leases(args) }),
        run: (slice, context) => run(slice === undefined ? args : { ...args, slice: String(slice) }, context),
      };
    },
  };
}
