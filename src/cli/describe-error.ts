import { errorKind, hintOf, type ErrorCode } from '../error-kinds.js';
import { VirtbsError, type ErrorPlace, type ErrorProblem, type ErrorVm } from '../errors.js';

/** An error for programs; a contract, as the results are. */
export interface ErrorJson {
  readonly version: 1;
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    /** The next thing to type or to change; null where the message says it all. */
    readonly hint: string | null;
    /** The place of the first mistake in the configuration; null for all other errors. */
    readonly place: ErrorPlace | null;
    /** All mistakes in the configuration. */
    readonly problems: readonly ErrorProblem[];
    /** The VMs that failed. */
    readonly vms: readonly ErrorVm[];
  };
}

export interface DescribedError extends ErrorJson {
  readonly exitCode: number;
  /** The stack of a bug; null for an error that a user can cause. */
  readonly stack: string | null;
}

/** Failures of the system that befall any program, by their errno(3). */
const SYSTEM: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'not-enough-disk',
  EDQUOT: 'not-enough-disk',
  EROFS: 'file-unwritable',
  EACCES: 'file-unwritable',
  EPERM: 'file-unwritable',
  EIO: 'file-unwritable',
  EMFILE: 'too-many-files',
  ENFILE: 'too-many-files',
  ENOMEM: 'not-enough-memory',
};

/** Says what is told of something that was thrown. What neither a user nor the system can cause is a bug. */
export async function describeError(error: unknown, signal: AbortSignal): Promise<DescribedError> {
  const known = await explain(error, signal);
  if (known) {
    const { code, message, hint = null, problems, vms } = known;
    const place = problems[0]?.place ?? null;
    return { version: 1, error: { code, message, hint, place, problems, vms }, exitCode: known.exitCode, stack: null };
  }
  return {
    version: 1,
    error: { code: 'bug', message: 'this is a bug in virtbs', hint: hintOf('bug'), place: null, problems: [], vms: [] },
    exitCode: errorKind('bug').exit,
    stack: error instanceof Error ? (error.stack ?? error.message) : String(error),
  };
}

async function explain(error: unknown, signal: AbortSignal): Promise<VirtbsError | null> {
  if (error instanceof VirtbsError) return error;
  if (signal.aborted) return new VirtbsError('cancelled', 'interrupted');
  if (!(error instanceof Error)) return null;
  if (error.name === 'LibvirtError') {
    const [{ LibvirtError }, { describeFailure }] = await Promise.all([
      import('../libvirt/libvirt-error.js'),
      import('../libvirt/describe-failure.js'),
    ]);
    if (error instanceof LibvirtError) return describeFailure('libvirt', error);
  }
  const code = 'syscall' in error && 'code' in error ? SYSTEM[String(error.code)] : undefined;
  return code ? new VirtbsError(code, error.message, { hint: hintOf(code), cause: error }) : null;
}
