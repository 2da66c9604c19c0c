import type { Options, PositionalOptions } from 'yargs';

/** The options that a command may have: flags, texts, texts of a few choices, and lists of them. */
export type CommandOption = Options & {
  /** Whether `--no-NAME` is allowed for a list; its value is false then. */
  readonly negatable?: true;
} & ({ readonly type: 'string' | 'boolean' } | { readonly choices: readonly string[] });
export type OptionTable = Readonly<Record<string, CommandOption>>;
export type PositionalTable = Readonly<Record<string, PositionalOptions>>;

/**
 * The values of options, each by its name in camel case. A list that may be given without a word is undefined where it is not
 * given.
 */
export type OptionValues<O extends OptionTable> = {
  readonly [N in keyof O & string as string extends N ? never : CamelCase<N>]: OptionValue<O[N]>;
};

/** The values of the positional arguments in a command's line: `ssh <vm> [command..]`. */
export type PositionalValues<Line extends string, P extends PositionalTable> = {
  readonly [W in PositionalWord<Line> as PositionalName<W>]: PositionalValue<
    W,
    PositionalName<W> extends keyof P ? P[PositionalName<W>] : unknown
  >;
};

/** The names of the positional arguments of a command's line. */
export type PositionalNames<Line extends string> = PositionalName<PositionalWord<Line>>;

type OptionValue<O> = O extends { readonly type: 'boolean' }
  ? boolean
  : O extends { readonly array: true }
    ? O extends { readonly nargs: 1 }
      ? readonly Text<O>[]
      : readonly Text<O>[] | undefined | (O extends { readonly negatable: true } ? false : never)
    : O extends { readonly default: string }
      ? Text<O>
      : Text<O> | undefined;

type PositionalValue<W, P> = W extends `${string}..${'>' | ']'}`
  ? readonly Text<P>[]
  : W extends `<${string}>`
    ? Text<P>
    : Text<P> | undefined;

type Text<O> = O extends { readonly choices: readonly (infer C extends string)[] } ? C : string;

type PositionalWord<Line extends string> = Line extends `${infer First} ${infer Rest}`
  ? PositionalWord<First> | PositionalWord<Rest>
  : Line extends `<${string}>` | `[${string}]`
    ? Line
    : never;

type PositionalName<W extends string> = W extends `<${infer N}..>` | `[${infer N}..]` | `<${infer N}>` | `[${infer N}]`
  ? N extends `${infer Single}..`
    ? Single
    : N
  : never;

type CamelCase<N extends string> = N extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : N;
