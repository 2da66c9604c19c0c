import { describeFailure } from '../../libvirt/describe-failure.js';
import { LibvirtError } from '../../libvirt/libvirt-error.js';

/** Runs a piece of work; a failure of libvirt in it becomes an error that says what was being done, and how to cure it. */
export async function explainLibvirt<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LibvirtError) throw describeFailure(what, error);
    throw error;
  }
}
