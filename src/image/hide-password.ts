import type { DownloadRecipe, ImageRecipe } from './types.js';

// Everything up to the last @ before the path: a password may hold an @ itself, and a user name may be a token.
const USER_INFO = /^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i;

/** The URL as it may be shown and stored: without user name and password. Whatever has none comes back as it is. */
export function hidePassword(url: string): string {
  return url.replace(USER_INFO, '$1***@');
}

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
