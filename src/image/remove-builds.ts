import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { buildName } from './build-name.js';
import {
  assertSlotKnown,
  parseBuildReference,
  readKnownTag,
  resolveBuild,
  type BuildReference,
} from './build-reference.js';
import { explainFileFailure } from './explain-file-failure.js';
import { changeImages, type ImagesLockOptions } from './lock-images.js';
import { lockSlot } from './lock-slot.js';
import { readSettledLibrary, type Library, type LibraryBuild } from './read-library.js';
import { removeBuild, removeEmptySlot } from './remove-build.js';
import { DEFAULT_TAG, readTag, removeTag } from './tags.js';

export interface RemoveRequest {
  readonly root: string;
  /** `SLOT`, `SLOT:TAG` or `SLOT/BUILD` each. */
  readonly names: readonly string[];
  readonly dryRun: boolean;
  /** Milliseconds to wait for others that use the library. */
  readonly lockTimeout: number;
}

export interface RemovedBuild {
  readonly slot: string;
  readonly build: string;
  readonly bytes: number;
}

export interface RemoveResult {
  readonly version: 1;
  readonly dryRun: boolean;
  readonly builds: readonly RemovedBuild[];
  readonly tags: readonly { readonly slot: string; readonly tag: string }[];
  /** Bytes that were freed, or would be. */
  readonly bytes: number;
}

/**
 * Removes builds that nothing needs: `SLOT/BUILD` that build; `SLOT:TAG` the tag and the build it points to; `SLOT` all builds
 * of the slot and its tag `default`. All are looked at before the first is removed, and together: a build may stand on another
 * that goes with it.
 *
 * @throws VirtbsError `image-in-use` naming every user, `image-unknown`, `usage`, `locked`
 */
export async function removeBuilds(request: RemoveRequest, { emit, signal }: VerbContext): Promise<RemoveResult> {
  const { root, names, dryRun, lockTimeout } = request;
  const references = names.map(parseBuildReference);
  const options = { holder: 'removing images', emit, signal, lockTimeout };
  await using _lock = dryRun ? undefined : await changeImages(root, options);
  const library = await readSettledLibrary(root, signal);
  const builds = new Set<LibraryBuild>();
  const tags = new Map<string, { readonly slot: string; readonly tag: string }>();
  for (const reference of references) {
    const meant = await select(root, reference, library);
    for (const build of meant.builds) builds.add(build);
    for (const tag of meant.tags) tags.set(`${reference.slot}:${tag}`, { slot: reference.slot, tag });
  }
  assertUnused(library, builds, new Set(tags.keys()));
  if (!dryRun) await removeAll(root, { builds: [...builds], tags: [...tags.values()] }, options);
  const removed = [...builds].map(({ slot, build, allocated }) => ({ slot, build, bytes: allocated }));
  return {
    version: 1,
    dryRun,
    builds: removed,
    tags: [...tags.values()],
    bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

async function removeAll(
  root: string,
  { builds, tags }: Pick<RemoveResult, 'tags'> & { readonly builds: readonly LibraryBuild[] },
  options: ImagesLockOptions,
): Promise<void> {
  for (const slot of new Set([...tags, ...builds].map((thing) => thing.slot))) {
    await using _slot = await lockSlot(root, slot, options);
    const mine = tags.filter((tag) => tag.slot === slot);
    for (const { tag } of mine) await explainFileFailure(`image ${slot}`, () => removeTag(root, slot, tag));
  }
  // What stands on others goes first, so that who kills us here leaves nothing without its base.
  for (const { slot, build } of [...builds].sort((one, other) => other.bases.length - one.bases.length)) {
    options.signal.throwIfAborted();
    await using _slot = await lockSlot(root, slot, options);
    await removeBuild(root, slot, build);
    await removeEmptySlot(root, slot);
  }
}

interface Selection {
  readonly builds: readonly LibraryBuild[];
  readonly tags: readonly string[];
}

async function select(root: string, reference: BuildReference, { builds }: Library): Promise<Selection> {
  const { slot, tag } = reference;
  await assertSlotKnown(root, slot);
  const ofSlot = builds.filter((build) => build.slot === slot);
  if (reference.build !== undefined) {
    const found = ofSlot.filter(({ build }) => build === reference.build);
    if (found.length === 0) await resolveBuild(root, reference);
    return { builds: found, tags: [] };
  }
  if (tag !== undefined) {
    const target = await readKnownTag(root, slot, tag);
    return { builds: ofSlot.filter(({ build }) => build === target), tags: [tag] };
  }
  const hasDefault = (await readTag(root, slot, DEFAULT_TAG)) !== undefined;
  return { builds: ofSlot, tags: hasDefault ? [DEFAULT_TAG] : [] };
}

/** @param named the tags that go, too: `SLOT:TAG` */
function assertUnused(library: Library, removed: ReadonlySet<LibraryBuild>, named: ReadonlySet<string>): void {
  const lines = [...removed].flatMap((build) => {
    const name = buildName(build);
    const children = library.builds.filter((other) => !removed.has(other) && other.bases.includes(name));
    const reasons = [
      ...build.tags.filter((tag) => !named.has(`${build.slot}:${tag}`)).map((tag) => `tag ${tag} points to it`),
      // A domain runs on it, a file that is no VM's disk does not.
      ...build.users.map((user) => `${user} ${user.includes('/') ? 'stands' : 'runs'} on it`),
      ...children.map((child) => `${buildName(child)} stands on it`),
    ];
    return reasons.length > 0 ? [`${name} is in use: ${reasons.join(', ')}`] : [];
  });
  if (removed.size > 0)
    lines.push(...library.unknown.map((reason) => `whether builds are in use is not known: ${reason}`));
  if (lines.length === 0) return;
  throw new VirtbsError('image-in-use', lines.join('\n'), {
    hint: 'nothing was removed: wipe the slice, remove the tag (virtbs untag) or the checkpoint (virtbs checkpoint rm), or name what stands on it, too',
  });
}
