import type { ImageRecipe } from '../config/image-recipe.js';
import type { VerbContext } from '../events.js';
import type { CustomizeDisk } from './customize-disk.js';
import type { ImageBuild } from './types.js';

export interface ReadyImageOptions extends VerbContext {
  readonly recipes: Readonly<Record<string, ImageRecipe>>;
  readonly root: string;
  /** Customizes images by booting them. Without it, images that need it cannot be made. */
  readonly runBuildVm?: CustomizeDisk | undefined;
  /** Slots of which a new build is made although there is one; what stands on them follows, for its base is another one. */
  readonly renew?: ReadonlySet<string> | undefined;
  /** True if nothing may be made or downloaded: an image that would have to be fails with `image-unknown`. */
  readonly onlyFind?: boolean | undefined;
  /** Images that the same call makes ready, keyed by `SLOT:TAG`, so that images that stand on one wait for it together. */
  readonly underWay?: Map<string, Promise<ImageBuild>> | undefined;
  /** The folder of the script that builds images of kind `mini`; the shipped one where not given. */
  readonly miniDirectory?: string;
  /** Bytes that a downloaded image may have when decompressed; 100 GiB where not given. */
  readonly maxBytes?: number;
  /** The environment; its variables say which proxies downloads use; none where not given. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds before each further attempt of a transfer that broke off. */
  readonly retryDelays?: readonly number[];
}
