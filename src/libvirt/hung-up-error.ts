import { VirtbsError } from '../errors.js';
import type { LibvirtError } from './libvirt-error.js';

/** What a user is told where the daemon ended in the middle of the work. */
export function hungUpError(cause: LibvirtError): VirtbsError {
  return new VirtbsError('libvirt-unreachable', `libvirt has hung up: ${cause.message}`, {
    hint: 'its daemon has ended or was restarted: see that it runs, then give the same command again; cycle and wipe put right what is half done',
    cause,
  });
}
