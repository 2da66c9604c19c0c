interface ForgeErrorDetails {
  /** The HTTP status; undefined where there was no answer. */
  readonly status?: number | undefined;
  readonly hint?: string | undefined;
  /** Milliseconds that the forge asks us to wait. */
  readonly retryAfter?: number | undefined;
}

/** Statuses of a server, or of one before it, that cannot answer now. */
const AWAY = new Set([408, 425, 429, 500, 502, 503, 504]);

/** A request to a forge that has failed. Nothing of the token, or of what was sent, is in it. */
export class ForgeError extends Error {
  override readonly name = 'ForgeError';
  readonly status: number | undefined;
  readonly hint: string | undefined;
  readonly retryAfter: number;

  constructor(message: string, { status, hint, retryAfter = 0 }: ForgeErrorDetails = {}) {
    super(message);
    this.status = status;
    this.hint = hint;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may do in a while, without anybody's doing. */
  get passes(): boolean {
    return this.status === undefined || AWAY.has(this.status) || this.retryAfter > 0;
  }
}
