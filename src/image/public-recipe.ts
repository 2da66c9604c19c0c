import { hidePassword } from '../text/hide-password.js';
import type { DownloadRecipe, ImageRecipe } from '../config/image-recipe.js';

/** The recipe as it may be stored: see {@link hidePassword}. Who downloads makes no other image. */
export function publicRecipe(recipe: ImageRecipe): ImageRecipe {
  const download = recipe.image_download;
  if (!download) return recipe;
  const { url, sha256, sha512, signature } = download;
  return {
    ...recipe,
    image_download: {
      ...download,
      url: typeof url === 'string' ? hidePassword(url) : url.map(hidePassword),
      ...(sha256 !== undefined && { sha256: hidePassword(sha256) }),
      ...(sha512 !== undefined && { sha512: hidePassword(sha512) }),
      ...(signature !== undefined && { signature: hidePassword(signature) }),
    } satisfies DownloadRecipe,
  };
}
