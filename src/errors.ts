import { visibleText } from './visible-text.js';

/**
 * What went wrong, in a word that scripts can rely on. Codes of the group `usage` end with exit code 2, all others with 1.
 */
export type ErrorCode =
  | 'usage'
  | 'config-invalid'
  | 'plan-invalid'
  | 'cancelled'
  | 'timeout'
  | 'locked'
  | 'program-missing'
  | 'program-failed'
  | 'not-enough-memory'
  | 'not-enough-disk'
  | 'not-enough-vcpu'
  | 'host-unready'
  | 'name-taken'
  | 'network-clash'
  | 'foreign-slice'
  | 'slice-empty'
  | 'no-slice'
  | 'libvirt-missing'
  | 'libvirt-unreachable'
  | 'libvirt-failed'
  | 'cloud-unreachable'
  | 'cloud-sign-in'
  | 'cloud-failed'
  | 'quota-exceeded'
  | 'mail-failed'
  | 'image-unknown'
  | 'image-download-failed'
  | 'image-corrupt'
  | 'image-build-failed'
  | 'image-in-use'
  | 'vm-failed'
  | 'vm-unknown'
  | 'vm-running'
  | 'checkpoint-unknown'
  | 'snapshot-exists'
  | 'snapshot-unknown'
  | 'snapshot-unfit'
  | 'snapshot-unsupported'
  | 'file-unreadable'
  | 'file-unwritable'
  | 'file-foreign'
  | 'file-exists';

export interface ErrorDetails {
  /** What to type or change next, in one line. */
  readonly hint?: string;
  readonly cause?: unknown;
}

const EXIT_CODES: Partial<Record<ErrorCode, number>> = {
  usage: 2,
  'config-invalid': 2,
  'plan-invalid': 2,
  cancelled: 130,
};

/**
 * A failure that a user can cause: printed without a stack. Anything else that is thrown is a bug. Whatever words it brings from
 * elsewhere, a terminal shows them and obeys none.
 */
export class VirtbsError extends Error {
  override readonly name = 'VirtbsError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(visibleText(message), details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.hint = details.hint === undefined ? undefined : visibleText(details.hint);
  }

  /** The exit code of the process: 2 usage, 130 interrupted, 1 the rest. */
  get exitCode(): number {
    return EXIT_CODES[this.code] ?? 1;
  }
}
