import type { NetworkFailure } from './network-failure.js';

/** What a proxy, or the way to it, did to a request. */
export class ProxyError extends Error {
  readonly failure: NetworkFailure;

  constructor(failure: NetworkFailure) {
    super(failure.reason);
    this.failure = failure;
  }
}
