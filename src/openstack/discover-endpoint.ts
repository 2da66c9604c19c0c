import type { MicroversionRange } from './cloud.js';
import { VirtbsError } from '../errors.js';
import type { Answer } from './exchange.js';
import type { ServiceSpecification } from './service-specification.js';
import { readVersionDocument } from './version-document.js';

export interface Discovered {
  /** The URL before the paths of the API references, without a slash at its end. */
  readonly base: string;
  /** Null where the service knows none, or does not say. */
  readonly microversions: MicroversionRange | null;
}

export interface DiscoverOptions {
  readonly specification: ServiceSpecification;
  readonly projectId: string;
  /** The name of the service in messages: `demo: compute`. */
  readonly label: string;
  /** Asks for a document. */
  readonly ask: (url: URL) => Promise<Answer>;
}

/**
 * Finds where a service speaks our version: below an endpoint that has a version in its path, or by what its root says. Hosts
 * in what it says do not count: services behind a proxy often do not know their own.
 *
 * @throws VirtbsError `cloud-failed` where it speaks other versions only
 */
export async function discoverEndpoint(endpoint: URL, options: DiscoverOptions): Promise<Discovered> {
  const { specification, projectId, label, ask } = options;
  const parts = endpoint.pathname.split('/').filter((part) => part !== '');
  const index = parts.findIndex((part) => /^v\d+(?:\.\d+)?$/.test(part));
  const urlOf = (path: readonly string[]): string => [endpoint.origin, ...path].join('/');
  const own = parts[index];
  if (own !== undefined && specification.version.test(own)) {
    const base = urlOf(parts);
    if (specification.microversion === null) return { base, microversions: null };
    const answer = await ask(new URL(`${urlOf(parts.slice(0, index + 1))}/`));
    return { base, microversions: readVersionDocument(answer.text, specification)?.microversions ?? null };
  }
  const root = index < 0 ? parts : parts.slice(0, index);
  const answer = await ask(new URL(`${urlOf(root)}/`));
  const spoken = readVersionDocument(answer.text, specification);
  if (spoken === null) {
    throw new VirtbsError('cloud-failed', `${label}: ${urlOf(root)}/ does not speak ${specification.usualVersion}`, {
      hint: 'see the endpoint, and how old the cloud is',
    });
  }
  const path = [...root, spoken?.segment ?? specification.usualVersion];
  const base = urlOf(specification.projectInPath ? [...path, projectId] : path);
  return { base, microversions: spoken?.microversions ?? null };
}
