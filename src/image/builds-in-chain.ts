import { realpath } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { rootPaths } from '../filenames.js';
import { readBackingChain } from './read-backing-chain.js';
import { isBuildId } from './read-build.js';

/** The most builds that stand on each other: a longer chain makes every read of a guest slower, so the next build stands alone. */
export const MOST_BUILDS_IN_CHAIN = 4;

export interface BuildsInChain {
  /** `SLOT/BUILD` of each build that the image leans on or is of, the nearest first. */
  readonly builds: readonly string[];
  /** The reason why the image may lean on any other build, too; null where that is known. */
  readonly broken: string | null;
}

/** The builds of a library that a disk image leans on, be it by way of other files. */
export async function buildsInChain(root: string, path: string): Promise<BuildsInChain> {
  const { images } = rootPaths(root);
  const library = await realpath(images).catch(() => images);
  const { files, broken } = await readBackingChain(path);
  const builds = files.flatMap((file) => buildOf(relative(library, file)) ?? []);
  if (broken !== null || builds.length > 0 || files.length < 2) return { builds, broken };
  // What is missing may be here by another path, as where the root is seen from a container: its name is taken for it.
  const last = files.at(-1) ?? '';
  const isMissing = (await realpath(last).catch(() => null)) === null;
  if (!isMissing) return { builds, broken };
  const named = buildOf(last.split(sep).slice(-3).join(sep));
  return named === undefined ? { builds, broken: `${last} is missing` } : { builds: [named], broken };
}

function buildOf(path: string): string | undefined {
  const [slot = '', build = '', ...rest] = path.split(sep);
  return rest.length > 0 && isBuildId(build) && slot !== '..' ? `${slot}/${build}` : undefined;
}
