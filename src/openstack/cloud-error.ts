import { VirtbsError, type ErrorDetails } from '../errors.js';
import type { Method, ServiceType } from './cloud.js';

export interface CloudErrorDetails extends ErrorDetails {
  readonly service: ServiceType;
  readonly method: Method;
  /** The path behind the endpoint, without its query. */
  readonly path: string;
  readonly status: number;
  /** The class of the failure in the service's words, `OverQuota` or `itemNotFound`; null where it has none. */
  readonly type: string | null;
  /** The service's own message; null where it has none. */
  readonly reason: string | null;
  /** The id by which operators of the cloud find the request in their logs. */
  readonly requestId: string | null;
}

/** A request that a service of a cloud refused, or answered with what cannot be understood. */
export class CloudError extends VirtbsError {
  readonly service: ServiceType;
  readonly method: Method;
  readonly path: string;
  readonly status: number;
  readonly type: string | null;
  readonly reason: string | null;
  readonly requestId: string | null;

  constructor(message: string, details: CloudErrorDetails) {
    super(details.status === 401 ? 'cloud-sign-in' : 'cloud-failed', message, details);
    this.service = details.service;
    this.method = details.method;
    this.path = details.path;
    this.status = details.status;
    this.type = details.type;
    this.reason = details.reason;
    this.requestId = details.requestId;
  }
}

/** Tells whether something is a refusal with one of these HTTP statuses, or with any. */
export function isCloudError(error: unknown, ...statuses: readonly number[]): error is CloudError {
  return error instanceof CloudError && (statuses.length === 0 || statuses.includes(error.status));
}
