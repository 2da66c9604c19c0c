import { constants } from 'node:os';
import { VirtbsError } from '../errors.js';
import { LIBVIRT_ERROR_CODE } from './libvirt-error-code.js';
import type { LibvirtError } from './libvirt-error.js';

const {
  AUTH_CANCELLED,
  AUTH_FAILED,
  AUTH_UNAVAILABLE,
  ACCESS_DENIED,
  INTERNAL_ERROR,
  INVALID_ARG,
  NO_CONNECT,
  NO_SUPPORT,
} = LIBVIRT_ERROR_CODE;
const { EACCES, ECONNREFUSED, ENOENT, EPERM } = constants.errno;

const DENIED: ReadonlySet<number> = new Set([AUTH_FAILED, AUTH_CANCELLED, AUTH_UNAVAILABLE, ACCESS_DENIED]);
const URI_WRONG: ReadonlySet<number> = new Set([NO_CONNECT, NO_SUPPORT, INVALID_ARG, INTERNAL_ERROR]);

/** Returns the error for a connection that cannot be made: libvirt's words, the URI, and what to do about it. */
export function unreachableError(uri: string, cause: LibvirtError): VirtbsError {
  const code = isDenied(cause) ? 'libvirt-denied' : 'libvirt-unreachable';
  return new VirtbsError(code, `${uri}: ${cause.message}`, { hint: unreachableHint(cause), cause });
}

function isDenied({ code, errno }: LibvirtError): boolean {
  return errno === EACCES || errno === EPERM || DENIED.has(code);
}

function unreachableHint(cause: LibvirtError): string {
  const { code, errno } = cause;
  if (errno === ENOENT || errno === ECONNREFUSED) {
    return 'the libvirt daemon does not run: start it with `virtbs host prepare`, or go without: virtbs lab -- COMMAND…';
  }
  if (isDenied(cause)) {
    return 'join the group libvirt with `sudo usermod -aG libvirt $USER` and log in again, or go without: virtbs lab -- COMMAND…';
  }
  if (URI_WRONG.has(code)) return 'check --connect: qemu:///system is the usual one';
  return 'see whether `virsh --connect URI version` works with the same URI';
}
