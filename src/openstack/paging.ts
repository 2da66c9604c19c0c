import * as z from 'zod';
import type { Query } from './cloud.js';

/** `?name=a&limit=2`, or nothing. */
export function formatQuery(query: Query = {}): string {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [key, String(one)]),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

const linksSchema = z.array(z.object({ rel: z.string(), href: z.string() }));

/**
 * The query of the next page: most services answer `servers_links` with a link to it, the image service a `next`. Of the link
 * only the query counts: services behind a proxy often do not know their own address.
 */
export function nextPage(answer: Readonly<Record<string, unknown>>, key: string): Query | undefined {
  const links = linksSchema.safeParse(answer[`${key}_links`]);
  const link = links.success ? links.data.find(({ rel }) => rel === 'next')?.href : answer['next'];
  if (typeof link !== 'string' || !URL.canParse(link, 'http://next')) return undefined;
  const query: Record<string, string[]> = {};
  for (const [name, value] of new URL(link, 'http://next').searchParams) (query[name] ??= []).push(value);
  return query;
}
