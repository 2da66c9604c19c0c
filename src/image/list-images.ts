import type { VerbContext } from '../events.js';
import { assertSlotKnown } from './build-reference.js';
import { readLibrary, type LibraryBuild } from './read-library.js';
import type { ImageKind } from '../config/image-recipe.js';

/** A build as people and programs are shown it. */
export interface ListedBuild {
  readonly slot: string;
  readonly build: string;
  readonly tags: readonly string[];
  /** Null where the build is incomplete, as the sizes and the base are not known then. */
  readonly kind: ImageKind | null;
  /** Bytes that its files take up on the disk. */
  readonly allocatedBytes: number;
  /** Bytes the guest sees. */
  readonly virtualBytes: number | null;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** `SLOT/BUILD` of the build it stands on. */
  readonly base: string | null;
  /** Slices whose disks lean on it, be it by way of other builds. */
  readonly slices: readonly number[];
  /** Their domains, and paths under the root of what is no VM's disk. */
  readonly users: readonly string[];
  readonly directory: string;
}

/**
 * The builds of the slots, or of all where none is named, also of slots that no configuration has. Needs neither the
 * hypervisor nor qemu.
 *
 * @throws VirtbsError `image-unknown` for a slot without builds
 */
export async function listImages(
  root: string,
  slots: readonly string[],
  { emit }: Pick<VerbContext, 'emit'>,
): Promise<readonly ListedBuild[]> {
  for (const slot of slots) await assertSlotKnown(root, slot);
  const { builds, unknown } = await readLibrary(root);
  for (const reason of unknown) emit({ type: 'warning', message: `it is not known what this leans on: ${reason}` });
  return builds.filter(({ slot }) => slots.length === 0 || slots.includes(slot)).map(describe);
}

function describe(found: LibraryBuild): ListedBuild {
  const { slot, build, tags, record, allocated, created, bases, slices, users, directory } = found;
  return {
    slot,
    build,
    tags,
    kind: record?.kind ?? null,
    allocatedBytes: allocated,
    virtualBytes: record?.virtualSize ?? null,
    created: new Date(created).toISOString(),
    base: bases[0] ?? null,
    slices,
    users,
    directory,
  };
}
