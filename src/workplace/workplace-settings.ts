import type { Override } from '../config/read-override.js';
import type { openDriver } from '../driver/registry.js';
import type { VirtbsEvent } from '../events.js';
import type { Sources } from './sources.js';

/** The hypervisor of this machine. */
export const DEFAULT_CONNECT = 'qemu:///system';

/** Plain values that say where work is done and with what; nothing of them is read from the process. */
export interface WorkplaceSettings {
  /** Relative paths start here. */
  readonly cwd: string;
  /** Says who asks, where a cloud is, and which proxies there are. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of this package; it holds `slices/` and `images/`. */
  readonly packageDirectory: string;
  /** The configuration's where not given. */
  readonly driver?: string | undefined;
  /** The address of the hypervisor of this machine; `DEFAULT_CONNECT` where not given. */
  readonly connect?: string | undefined;
  /** The folder of images, disks, keys and logs; the configuration's where not given. */
  readonly root?: string | undefined;
  /** The payload, below all configuration files: a name, a folder or an address. */
  readonly payload?: string | undefined;
  /**
   * The file of the project, which is laid below all other files but the payload's; without a name the `virtbs.yaml` of `cwd`, or
   * the next one above. None where not given.
   */
  readonly project?: { readonly file?: string } | null | undefined;
  /** Configuration files, each laid over the shipped ones and those before it. */
  readonly files?: readonly string[];
  /** Overrides, laid over all files in this order. */
  readonly overrides?: readonly Override[];
  /** A file that says what to make: a configuration with a topology, or a steering file. It counts as the last configuration file. */
  readonly topologyFile?: string | undefined;
  /** Gives what these settings lead to, where it was read before. */
  readonly read?: (() => Promise<Sources>) | undefined;
  /** The folder of the files for ssh and other tools; `cwd` where not given. */
  readonly outputDirectory?: string;
  /** Called with each event while something is opened or done. */
  readonly emit: (event: VirtbsEvent) => void;
  /** Ends what is being opened or done. */
  readonly signal: AbortSignal;
  /** Opens the driver; that of the registry where not given. */
  readonly openDriver?: typeof openDriver;
}
