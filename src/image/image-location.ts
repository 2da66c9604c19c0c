import { posix, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { VirtbsError } from '../errors.js';
import { hidePassword } from '../text/hide-password.js';

/** The location of an image or of a list of digests. */
export interface ImageLocation {
  /** `http:`, `https:` or `file:`. */
  readonly url: URL;
  /** The last part of the path, as lists of digests name it. */
  readonly name: string;
  /** The name in messages: a path, or a URL without user name and password. */
  readonly label: string;
}

/**
 * @param text a URL or a path; a relative path counts from where one stands
 * @param key the key of the recipe that has it, for the message
 * @throws VirtbsError `config-invalid` where it is neither
 */
export function parseLocation(text: string, key: string): ImageLocation {
  if (!/^([a-z][a-z0-9+.-]*:\/\/|file:)/i.test(text)) return fileLocation(resolve(text));
  // The error of the parser holds the whole text, with the password: it is no cause.
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'file:' && url.hostname === '') return fileLocation(fileURLToPath(url));
  if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return httpLocation(url);
  throw new VirtbsError(
    'config-invalid',
    `${key}: "${hidePassword(text)}" is no address of a file that can be fetched`,
    {
      hint: 'write https://HOST/FILE, http://HOST/FILE, file:///FILE or a path',
    },
  );
}

/** The location of a redirect's target. */
export function httpLocation(url: URL): ImageLocation {
  return { url, name: baseName(url.pathname), label: hidePassword(url.href) };
}

function fileLocation(path: string): ImageLocation {
  return { url: pathToFileURL(path), name: posix.basename(path), label: path };
}

function baseName(pathname: string): string {
  const name = posix.basename(pathname);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
