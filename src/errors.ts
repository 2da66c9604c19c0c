import { errorKind, type ErrorCode } from './error-kinds.js';
import { visibleText } from './text/visible-text.js';

/** The place of a mistake in the configuration: a place in a file, a file as a whole, or an option of the command line. */
export interface ErrorPlace {
  /** The file as it is shown: relative to the working directory where it is inside; null for an option. */
  readonly file: string | null;
  /** Counted from 1; null where the file as a whole or an option is meant. */
  readonly line: number | null;
  /** Counted from 1. */
  readonly column: number | null;
  /** The option with its text, `-e network_flags.data.mtu=big`; null for a file. */
  readonly option: string | null;
}

/** One of several mistakes that are told together. */
export interface ErrorProblem {
  readonly place: ErrorPlace;
  readonly message: string;
}

/** A VM that failed. */
export interface ErrorVm {
  readonly hostname: string;
  readonly message: string;
  readonly code: ErrorCode;
  readonly hint: string | null;
}

export interface ErrorDetails {
  /** The next thing to type or to change, in one line. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Every mistake in the configuration, in the order of files and places. */
  readonly problems?: readonly ErrorProblem[];
  /** The VMs that failed. */
  readonly vms?: readonly ErrorVm[];
}

/**
 * A failure that a user can cause: printed without a stack. Anything else that is thrown is a bug. Whatever words it brings from
 * elsewhere, a terminal shows them and obeys none.
 */
export class VirtbsError extends Error {
  override readonly name = 'VirtbsError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly problems: readonly ErrorProblem[];
  readonly vms: readonly ErrorVm[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(visibleText(message), details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.hint = details.hint === undefined ? undefined : visibleText(details.hint);
    this.problems = details.problems ?? [];
    this.vms = details.vms ?? [];
  }

  /** The exit code of the process: 2 usage, 130 interrupted, 1 the rest. */
  get exitCode(): number {
    return errorKind(this.code).exit;
  }
}
