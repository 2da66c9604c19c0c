import { isAbsolute, normalize, resolve } from 'node:path';
import { VirtbsError } from '../errors.js';
import { readPlainFile } from '../read-plain-file.js';
import type { SeedFile } from '../seed/seed.js';

/** The file of a guest that has the content of `--environment`. */
export const LUGGAGE_ENVIRONMENT = '/etc/virtbs/environment';

/** Bytes of all files together: a cloud takes 64 KiB of user data, in base64. */
export const MOST_LUGGAGE = 32 * 1024;

export interface LuggageRequest {
  /** `GUEST=LOCAL`, a path in the guest and one of this machine. */
  readonly files: readonly string[];
  /** The path of a file with a line `NAME=VALUE` for each variable; undefined for none. */
  readonly environment: string | undefined;
  /** Relative paths of this machine start here. */
  readonly cwd: string;
  /** Ends the wait for a pipe. */
  readonly signal: AbortSignal;
}

/**
 * Reads the files that the VMs of a slice are given. No message shows what is in them.
 *
 * @throws VirtbsError `usage` for a path or content that cannot be given, `file-unreadable`
 */
export async function readLuggage({ files, environment, cwd, signal }: LuggageRequest): Promise<readonly SeedFile[]> {
  const wanted = files.map((text) => splitPaths(text));
  if (environment !== undefined)
    wanted.push({ option: '--environment', path: LUGGAGE_ENVIRONMENT, local: environment });
  const luggage: SeedFile[] = [];
  let bytes = 0;
  for (const { option, path, local } of wanted) {
    if (luggage.some((file) => file.path === path)) throw unfit(option, `the guest's ${path} is given twice`);
    const content = await readText(option, resolve(cwd, local), signal);
    if (option === '--environment') assertVariables(content, local);
    bytes += Buffer.byteLength(content);
    if (bytes > MOST_LUGGAGE) {
      throw unfit(option, `with ${local} the files have more than ${MOST_LUGGAGE} bytes`, {
        hint: 'give keys and settings; put data into the image, or copy it by ssh',
      });
    }
    luggage.push({ path, content });
  }
  return luggage;
}

interface WantedFile {
  readonly option: '--file' | '--environment';
  readonly path: string;
  readonly local: string;
}

function splitPaths(text: string): WantedFile {
  const equals = text.indexOf('=');
  const [path, local] = [text.slice(0, Math.max(equals, 0)), text.slice(equals + 1)];
  if (path === '' || local === '') {
    throw unfit('--file', `"${text}" is not GUEST=LOCAL`, { hint: '--file /etc/token=token.txt' });
  }
  if (!isAbsolute(path) || normalize(path) !== path || path.endsWith('/') || /\p{Cc}/u.test(path)) {
    throw unfit('--file', `"${path}" is no absolute path of a file in the guest`, {
      hint: '--file /etc/token=token.txt',
    });
  }
  return { option: '--file', path, local };
}

async function readText(option: string, path: string, signal: AbortSignal): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readPlainFile(path, { most: MOST_LUGGAGE, signal });
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new VirtbsError('file-unreadable', `${option}: ${path} cannot be read: ${reason}`, { cause: error });
  }
  if (bytes.length > MOST_LUGGAGE) return bytes.toString('latin1');
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Told below.
  }
  throw unfit(option, `${path} is no text in UTF-8`, {
    hint: 'encode it, for example by base64, and decode it in the guest',
  });
}

/** Shells and systemd both have to understand the file. */
function assertVariables(content: string, local: string): void {
  for (const [index, line] of content.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line) || /^[A-Za-z_]\w*=/.test(line)) continue;
    throw unfit('--environment', `${local}:${index + 1}: this line is not NAME=VALUE`, {
      hint: 'a comment begins with #',
    });
  }
}

function unfit(option: string, what: string, more: { readonly hint?: string } = {}): VirtbsError {
  return new VirtbsError('usage', `${option}: ${what}`, more);
}
