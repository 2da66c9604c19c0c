import type { VerbContext } from '../events.js';
import { assertTagsSettable } from './assert-tags-settable.js';
import type { BuildRecord } from './build-record.js';
import { parseBuildReference, resolveBuild } from './build-reference.js';
import { useImages } from './lock-images.js';
import { moveTags, type MovedTag, type TaggedBuild } from './move-tags.js';
import { isBuildId } from './read-build.js';

export interface TagRequest {
  readonly root: string;
  readonly slot: string;
  readonly tags: readonly string[];
  /** A tag of the slot, or a build's id. */
  readonly source: string;
  /** Tag what the build stands on, too, each in its own slot; of several in one slot the nearest. */
  readonly recursive: boolean;
}

/**
 * Lets tags point to the build that another tag points to. All is looked up before anything is changed; to do it again
 * changes nothing.
 *
 * @throws VirtbsError `usage`, `image-unknown`, `image-corrupt`
 */
export async function tagBuilds(request: TagRequest, { emit, signal }: VerbContext): Promise<readonly MovedTag[]> {
  const { root, slot, tags, source, recursive } = request;
  assertTagsSettable(tags);
  const reference = parseBuildReference(isBuildId(source) ? `${slot}/${source}` : `${slot}:${source}`);
  const options = { holder: `tagging image ${slot}`, emit, signal };
  await using _lock = await useImages(root, options);
  const record = await resolveBuild(root, reference);
  const builds = recursive ? await withBases(root, record) : [record];
  return await moveTags(root, { builds, tags }, options);
}

/** The build and those it stands on; of several in one slot the nearest, for a tag points to one. */
async function withBases(root: string, record: BuildRecord): Promise<readonly TaggedBuild[]> {
  const builds = new Map([[record.slot, record]]);
  for (let { base } = record; base;) {
    const next: BuildRecord = await resolveBuild(root, base);
    if (!builds.has(next.slot)) builds.set(next.slot, next);
    base = next.base;
  }
  return [...builds.values()];
}
