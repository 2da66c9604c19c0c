import { hintOf } from '../error-kinds.js';
import { VirtbsError } from '../errors.js';
import { failureCode } from './failure-code.js';
import type { LibvirtError } from './libvirt-error.js';

/**
 * A failure of libvirt in words for people: what was being done, libvirt's own words, and the cure where the reason is known.
 *
 * @param what was being done, or to what: the name of a domain
 */
export function describeFailure(what: string, cause: LibvirtError): VirtbsError {
  const code = failureCode(cause);
  return new VirtbsError(code, `${what}: ${cause.message}`, {
    ...(code !== 'libvirt-failed' && { hint: hintOf(code) }),
    cause,
  });
}
