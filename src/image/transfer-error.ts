import { VirtbsError, type ErrorDetails } from '../errors.js';

export interface TransferErrorDetails extends ErrorDetails {
  /** True if the next attempt may well succeed. */
  readonly transient: boolean;
  /** Whether that is so only for a moment: what is not there in a few seconds will not be there soon. */
  readonly brief?: boolean;
  /** Milliseconds that the server asks to wait before the next attempt. */
  readonly retryAfter?: number | undefined;
}

/** A transfer that a server, the network or a name stopped. */
export class TransferError extends VirtbsError {
  readonly transient: boolean;
  readonly brief: boolean;
  readonly retryAfter: number;

  constructor(message: string, { transient, brief = false, retryAfter = 0, ...details }: TransferErrorDetails) {
    super('image-download-failed', message, details);
    this.transient = transient;
    this.brief = brief;
    this.retryAfter = retryAfter;
  }
}
