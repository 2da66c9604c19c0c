import type { VirtbsEvent } from '../events.js';
import type { Cloud } from './cloud.js';

export interface OpenCloudOptions {
  /** The name of a cloud in clouds.yaml, instead of OS_CLOUD. */
  readonly cloud?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where clouds.yaml is looked for first, and where relative paths start; the working directory where not given. */
  readonly cwd?: string;
  readonly emit: (event: VirtbsEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * Signs in to the cloud that clouds.yaml or `OS_*` variables tell of, as the other tools of OpenStack do.
 *
 * @throws VirtbsError `config-invalid` where they do not tell enough, `cloud-sign-in` where the cloud does not let us in,
 *   `cloud-unreachable` where it does not answer, `cancelled`
 */
export async function openCloud(_options: OpenCloudOptions): Promise<Cloud> {
  throw new Error('not yet');
}
