import * as z from 'zod';
import type { MicroversionRange } from './cloud.js';
import type { ServiceSpecification } from './service-specification.js';

const versionSchema = z.object({
  id: z.string(),
  version: z.string().optional(),
  min_version: z.string().optional(),
  links: z.array(z.object({ rel: z.string(), href: z.string() })).default([]),
});

/** The documents of services at their roots and below each version: one version or several, in three forms. */
const documentSchema = z.union([
  z.object({ versions: z.object({ values: z.array(versionSchema) }) }).transform(({ versions }) => versions.values),
  z.object({ versions: z.array(versionSchema) }).transform(({ versions }) => versions),
  z.object({ version: versionSchema }).transform(({ version }) => [version]),
]);

export interface SpokenVersion {
  /** The version as a part of a path: `v2.1`. */
  readonly segment: string;
  readonly microversions: MicroversionRange | null;
}

/**
 * The version that we speak, as a document has it.
 *
 * @returns undefined where the text is no such document, null where it has no such version
 */
export function readVersionDocument(
  text: string,
  { version, usualVersion }: ServiceSpecification,
): SpokenVersion | null | undefined {
  const document = documentSchema.safeParse(parseJson(text));
  if (!document.success) return undefined;
  for (const { id, version: most, min_version: least, links } of document.data) {
    const own = links.find(({ rel }) => rel === 'self')?.href ?? '';
    const linked = own.split(/[/?]/).find((part) => version.test(part));
    if (linked === undefined && !version.test(id)) continue;
    const known = most !== undefined && least !== undefined && most !== '' && least !== '';
    return { segment: linked ?? usualVersion, microversions: known ? { least, most } : null };
  }
  return null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
