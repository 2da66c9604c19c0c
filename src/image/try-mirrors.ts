import { VirtbsError } from '../errors.js';
import type { VirtbsEvent } from '../events.js';
import type { ImageLocation } from './image-location.js';

export interface MirrorOptions {
  readonly signal: AbortSignal;
  readonly emit: (event: VirtbsEvent) => void;
}

/**
 * Makes an attempt with one mirror after the other until one succeeds. What no other mirror can cure, such as a program
 * that is missing here or a full disk, ends it at once.
 *
 * @throws the failure of the only mirror, or one that names all with their failures
 */
export async function tryMirrors<T>(
  mirrors: readonly ImageLocation[],
  attempt: (mirror: ImageLocation) => Promise<T>,
  { signal, emit }: MirrorOptions,
): Promise<T> {
  const failures: VirtbsError[] = [];
  for (const [index, mirror] of mirrors.entries()) {
    try {
      return await attempt(mirror);
    } catch (error) {
      if (signal.aborted || mirrors.length === 1 || !isMirrorFailure(error)) throw error;
      failures.push(error);
      const next = mirrors[index + 1];
      if (next) emit({ type: 'warning', message: `${error.message}; trying the next mirror, ${next.label}` });
    }
  }
  throw describeFailures(failures);
}

function isMirrorFailure(error: unknown): error is VirtbsError {
  const codes: readonly string[] = ['image-download-failed', 'image-corrupt', 'file-unreadable'];
  return error instanceof VirtbsError && codes.includes(error.code);
}

function describeFailures(failures: readonly VirtbsError[]): VirtbsError {
  const codes = new Set(failures.map(({ code }) => code));
  const [code = 'image-download-failed'] = codes;
  const lines = failures.map(({ message, hint }) => `  ${message}${hint === undefined ? '' : ` (${hint})`}`);
  return new VirtbsError(
    codes.size === 1 ? code : 'image-download-failed',
    `none of ${failures.length} mirrors has the image:\n${lines.join('\n')}`,
    { hint: 'correct the urls in the recipe, or add a mirror that works', cause: new AggregateError(failures) },
  );
}
