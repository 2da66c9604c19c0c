/** An open transfer. */
export interface OpenTransfer {
  /** The bytes as they are served. To stop reading closes the transfer. */
  readonly chunks: AsyncIterable<Buffer>;
  /** The number of the file's bytes before these: as many as asked for with `from`, or 0 where the whole file is served. */
  readonly start: number;
  /** Bytes of the whole file, or null where the server does not say. */
  readonly total: number | null;
  /** The value that tells whether the file is still the same when its rest is asked for; null where there is none. */
  readonly validator: string | null;
}

/** A place in a file that was known by a validator. */
export interface ResumePoint {
  readonly start: number;
  readonly validator: string;
}

export interface OpenOptions {
  readonly signal: AbortSignal;
  /** True if the bytes are compared with a digest from elsewhere: only then may a redirect lead from https to http. */
  readonly verified: boolean;
  /** Only the rest from here is wanted, if the file is still the same. */
  readonly from?: ResumePoint | undefined;
  /** The environment; its variables say which proxies are used; none where not given. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
}
