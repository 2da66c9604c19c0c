import type { NetworkFailure } from '../http/network-failure.js';
import { VirtbsError } from '../errors.js';

/** A request that nobody answered, or not to the end. */
export class UnansweredError extends VirtbsError {
  readonly again: NetworkFailure['again'];
  /** Whether the request can have reached the service, and so have been carried out. */
  readonly sent: boolean;

  constructor(message: string, { hint, again, sent }: Omit<NetworkFailure, 'reason'>, cause?: unknown) {
    super('cloud-unreachable', message, { hint, cause });
    this.again = again;
    this.sent = sent;
  }
}
