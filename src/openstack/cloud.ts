import type { ZodType } from 'zod';
import type { Clock } from '../clock.js';

/** The services of a cloud that are used here. */
export const SERVICE_TYPES = ['compute', 'network', 'image', 'volume', 'identity'] as const;

export type ServiceType = (typeof SERVICE_TYPES)[number];

/**
 * A cloud that let us in: one project of it, in one region.
 *
 *     await using cloud = await openCloud({ environment, emit, signal });
 *     const compute = cloud.service('compute');
 *     const { server } = await compute.request('GET', `/servers/${id}`, { schema: z.object({ server: serverSchema }), signal });
 *     const servers = await compute.list('/servers/detail', 'servers', { schema: serverSchema, query: { name }, signal });
 *     await compute.send('POST', `/servers/${id}/action`, { body: { 'os-start': null }, signal });
 *     await cloud.service('image').upload(`/images/${id}/file`, chunks, { bytes, signal });
 *
 * Paths are those of the API references, from behind the version: `/servers`, `/networks`, `/images`, `/volumes`. What a
 * cloud refuses is a `CloudError`: see `isCloudError(error, 404)`.
 */
export interface Cloud extends AsyncDisposable {
  /** The name in messages: the name in clouds.yaml, or the host that was signed in at. */
  readonly name: string;
  readonly projectId: string;
  readonly projectName: string;
  readonly userId: string;
  readonly userName: string;
  /** Null where none was named: then each service has one only. */
  readonly region: string | null;
  /** The clock for everything that waits for something in the cloud. */
  readonly clock: Clock;
  /** @throws VirtbsError `cloud-failed` where the catalog has none, or has it in several regions and none is named */
  service(type: ServiceType): ServiceClient;
  has(type: ServiceType): boolean;
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The query of a request. A parameter without a value is left out; one with several values stands several times. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface SendOptions {
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  /** The microversion for this request alone, instead of the negotiated one: `2.96`. */
  readonly microversion?: string;
  /** Whether it may be sent twice, which GET, HEAD, PUT and DELETE always may; for a connection that breaks. */
  readonly retry?: boolean;
  /** Milliseconds for one attempt. */
  readonly timeout?: number;
  readonly signal: AbortSignal;
}

export interface RequestOptions<T> extends SendOptions {
  /** The schema of the answer; members that are not in it are dropped. */
  readonly schema: ZodType<T>;
}

export interface ListOptions<T> extends Pick<SendOptions, 'query' | 'microversion' | 'timeout' | 'signal'> {
  /** The schema of one item. */
  readonly schema: ZodType<T>;
}

export interface UploadOptions {
  /** The number of bytes. */
  readonly bytes: number;
  readonly signal: AbortSignal;
}

/** Microversions, both ends included: `2.1` to `2.93`. */
export interface MicroversionRange {
  readonly least: string;
  readonly most: string;
}

/**
 * One service of a cloud. A limited number of requests is under way at once. An answer of 429 or 503 is waited out, as long as
 * the service says so or in growing pauses; a connection that breaks is tried again where that is safe.
 *
 * All methods throw `CloudError` for what the service refuses or does not answer rightly, VirtbsError `cloud-unreachable`
 * where nobody answers, `cancelled` once the signal is raised.
 */
export interface ServiceClient {
  readonly type: ServiceType;
  /** The cloud's. */
  readonly clock: Clock;
  request<T>(method: Method, path: string, options: RequestOptions<T>): Promise<T>;
  /** Sends a request whose answer does not matter. */
  send(method: Method, path: string, options: SendOptions): Promise<void>;
  /** Every item of every page. @param key the member of the answer that holds the items: `servers` */
  list<T>(path: string, key: string, options: ListOptions<T>): Promise<T[]>;
  /** Puts bytes there, as they come; never twice. */
  upload(path: string, chunks: AsyncIterable<Uint8Array>, options: UploadOptions): Promise<void>;
  /** Whether requests are made with this microversion or a later one. */
  speaks(microversion: string, signal: AbortSignal): Promise<boolean>;
}
