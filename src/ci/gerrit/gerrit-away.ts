interface AwayDetails {
  readonly hint?: string;
  readonly status?: number;
  readonly cause?: unknown;
}

/** Gerrit cannot be asked just now, or cannot answer. It is worth asking again, however long that takes. */
export class GerritAway extends Error {
  override readonly name = 'GerritAway';
  readonly hint: string | undefined;
  /** The HTTP status, where there is one. */
  readonly status: number | undefined;

  constructor(message: string, { hint, status, cause }: AwayDetails = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.hint = hint;
    this.status = status;
  }
}

/** Gerrit was asked and has refused. */
export class GerritRefusal extends Error {
  override readonly name = 'GerritRefusal';
  /** The HTTP status; over ssh the nearest one. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}
