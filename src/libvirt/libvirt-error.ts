export interface LibvirtErrorDetails {
  /** A number of `LIBVIRT_ERROR_CODE`, or another of libvirt's `virErrorNumber`. */
  readonly code: number;
  /** The part of libvirt that failed: a number of `virErrorDomain`. */
  readonly domain: number;
  readonly message: string;
  /** Set where a system call failed, as in `ENOENT` = 2. */
  readonly errno: number | null;
}

/** A call of libvirt that failed, in libvirt's own words. The layers above classify it by `code`. */
export class LibvirtError extends Error {
  override readonly name = 'LibvirtError';
  readonly code: number;
  readonly domain: number;
  readonly errno: number | null;

  constructor(details: LibvirtErrorDetails) {
    super(details.message);
    this.code = details.code;
    this.domain = details.domain;
    this.errno = details.errno;
  }
}

/** Tells whether something is a failure of libvirt with one of these codes. */
export function isLibvirtError(error: unknown, ...codes: readonly number[]): error is LibvirtError {
  return error instanceof LibvirtError && codes.includes(error.code);
}
