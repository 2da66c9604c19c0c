import type { VerbContext } from '../events.js';
import type { CustomizeDisk } from './customize-disk.js';
import { readyImage, type ImageRequest } from './ready-image.js';
import type { ImageRecipe } from '../config/image-recipe.js';
import type { ImageBuild } from './types.js';

export interface ImageSource {
  readonly recipes: Readonly<Record<string, ImageRecipe>>;
  readonly root: string;
  /** Customizes images by booting them. Without it, images that need it cannot be made. */
  readonly runBuildVm?: CustomizeDisk | undefined;
  /** Slots of which a new build is made although there is one. */
  readonly renew?: ReadonlySet<string> | undefined;
  /** True if nothing may be made or downloaded: an image that would have to be fails with `image-unknown`. */
  readonly onlyFind?: boolean | undefined;
  /** The environment; its variables say which proxies downloads use; none where not given. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * The builds of all requests, in their order, made or downloaded at once where they are missing. When one fails the others are
 * stopped, and nothing runs any more once it is told.
 */
export async function readyAllImages(
  requests: readonly ImageRequest[],
  source: ImageSource,
  { emit, signal }: VerbContext,
): Promise<readonly ImageBuild[]> {
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  let reason: unknown;
  // Several images may stand on one.
  const underWay = new Map<string, Promise<ImageBuild>>();
  const results = await Promise.allSettled(
    requests.map(async (request) => {
      try {
        return await readyImage(request, { ...source, underWay, emit, signal: stop });
      } catch (error) {
        if (!failure.signal.aborted) reason = error;
        failure.abort();
        throw error;
      }
    }),
  );
  if (failure.signal.aborted) throw reason;
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}
