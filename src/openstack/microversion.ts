import { VirtbsError } from '../errors.js';
import type { MicroversionRange } from './cloud.js';

/** Negative where the first is older. */
export function compareMicroversions(one: string, other: string): number {
  const [major = 0, minor = 0] = one.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major - otherMajor || minor - otherMinor;
}

export interface MicroversionWish {
  /** The one that the user has pinned, or `latest`. */
  readonly pinned: string | null;
  /** The newest that was tested. */
  readonly tested: string;
  /** The beginning of a message: `demo: compute`. */
  readonly label: string;
}

/**
 * The microversion that is spoken: the pinned one, or else the newest that both sides know.
 *
 * @throws VirtbsError `config-invalid` where the pinned one is not spoken there
 */
export function negotiateMicroversion({ least, most }: MicroversionRange, wish: MicroversionWish): string {
  const { pinned, tested, label } = wish;
  if (pinned === 'latest') return most;
  if (pinned === null) {
    const newest = compareMicroversions(tested, most) < 0 ? tested : most;
    return compareMicroversions(newest, least) < 0 ? least : newest;
  }
  if (compareMicroversions(pinned, least) >= 0 && compareMicroversions(pinned, most) <= 0) return pinned;
  throw new VirtbsError('config-invalid', `${label}: version ${pinned} is asked for, it speaks ${least} to ${most}`, {
    hint: 'correct compute_api_version or volume_api_version of the cloud in clouds.yaml, or leave it out',
  });
}
