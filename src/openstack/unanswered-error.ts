import type { NetworkFailure } from '../http/network-failure.js';
import { VirtbsError } from '../errors.js';

export interface UnansweredDetails extends Pick<NetworkFailure, 'hint' | 'sent'> {
  /** `once`: where each attempt takes long. */
  readonly again: NetworkFailure['again'] | 'once';
}

/** A request that nobody answered, or not to the end. */
export class UnansweredError extends VirtbsError {
  readonly again: UnansweredDetails['again'];
  /** True if the request can have reached the service, and so have been carried out. */
  readonly sent: boolean;

  constructor(message: string, { hint, again, sent }: UnansweredDetails) {
    super('cloud-unreachable', message, { hint });
    this.again = again;
    this.sent = sent;
  }
}
