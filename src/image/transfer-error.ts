import { VirtbsError, type ErrorDetails } from '../errors.js';

export interface TransferErrorDetails extends ErrorDetails {
  /** Whether the next attempt may well succeed. */
  readonly transient: boolean;
}

/** A transfer that a server, the network or a name stopped. */
export class TransferError extends VirtbsError {
  readonly transient: boolean;

  constructor(message: string, { transient, ...details }: TransferErrorDetails) {
    super('image-download-failed', message, details);
    this.transient = transient;
  }
}
