import type { ServiceType } from '../../../src/openstack/cloud.js';

/** A request as a fake service sees it. */
export interface FakeRequest {
  readonly service: ServiceType;
  readonly method: string;
  /** Behind the version, and for volumes behind the project. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly bytes: Buffer;
  /** Of JSON; empty where there is none. */
  readonly body: Record<string, unknown>;
  readonly projectId: string;
  readonly userId: string;
  /** `http://127.0.0.1:PORT/compute` */
  readonly root: string;
}

export interface FakeAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a handler is given besides the request: the parts of the path that stand in parentheses in its pattern. */
export type FakeHandler = (request: FakeRequest, ...parts: string[]) => FakeAnswer;

/** `['GET', /^\/servers\/([^/]+)$/, handler]` */
export type FakeRoute = readonly [method: string, path: RegExp, handler: FakeHandler];

/** A refusal, in the form that the service gives it. */
export class FakeRefusal extends Error {
  readonly answer: FakeAnswer;

  constructor(status: number, body: unknown) {
    super(JSON.stringify(body));
    this.answer = { status, body };
  }
}

/** A member of a body that must be a map. */
export function mapAt(body: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> {
  const value = body[key];
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** A member that must be text. */
export function textAt(body: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = body[key];
  return typeof value === 'string' ? value : undefined;
}

export interface PageOptions {
  readonly key: string;
  /** Where the link to the next page stands. */
  readonly link: (href: string) => Record<string, unknown>;
}

/** A page of items, by `limit` and `marker`. */
export function pageOf(
  request: FakeRequest,
  items: readonly { readonly id: string }[],
  { key, link }: PageOptions,
): FakeAnswer {
  const { query, root, path } = request;
  const limit = Number(query.get('limit') ?? 1000);
  const marker = query.get('marker');
  const start = marker === null ? 0 : items.findIndex(({ id }) => id === marker) + 1;
  const page = items.slice(start, start + limit);
  const last = page.at(-1);
  const next = new URLSearchParams(query);
  if (last) next.set('marker', last.id);
  // A full page has a next one, even where that is empty.
  const more = last !== undefined && page.length === limit;
  return { status: 200, body: { [key]: page, ...(more && link(`${root}${path}?${next.toString()}`)) } };
}

/** Items whose members are what the query asks for; what is not a member is no filter. */
export function filterBy<T extends Readonly<Record<string, unknown>>>(
  query: URLSearchParams,
  items: readonly T[],
): T[] {
  return items.filter((item) =>
    [...new Set(query.keys())].every((key) => {
      if (key === 'limit' || key === 'marker' || key === 'fields' || !(key in item)) return true;
      if (key === 'tags') return tagsFit(item[key], query.get(key) ?? '');
      return query.getAll(key).some((wanted) => String(item[key]).toLowerCase() === wanted.toLowerCase());
    }),
  );
}

function tagsFit(tags: unknown, wanted: string): boolean {
  return Array.isArray(tags) && wanted.split(',').every((tag) => tags.includes(tag));
}
