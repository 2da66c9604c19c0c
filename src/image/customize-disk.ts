import type { VerbContext } from '../events.js';
import type { KernelBoot } from './types.js';

/** The work on a disk, ready to be carried out. */
export interface CustomizeDiskRequest {
  readonly slot: string;
  /** Absolute path of the disk image, qcow2, an overlay on its base and grown already; it is changed in place. */
  readonly disk: string;
  /** Set where the guest is booted by a kernel of its own instead of its disk. */
  readonly boot?: KernelBoot | undefined;
  /**
   * A folder with all that the guest needs: `sh PAYLOAD/run`, as root, does the whole work there, removes the guest's identity
   * in the end, and fails with any status but 0. It finds what stands beside it by its own path, which may be read-only.
   */
  readonly payload: string;
  /** A folder for whatever files the work needs; the caller removes it. Others can enter it, the hypervisor for one. */
  readonly workspace: string;
  /** MiB. */
  readonly memory: number;
  readonly vcpu: number;
  /** True if the guest reaches the outside meanwhile. */
  readonly internetAccess: boolean;
  /** Each line that the guest prints, as it comes; whatever bytes it prints. */
  readonly onLine: (line: string) => void;
}

/**
 * A way to customize a disk. When it resolves the work is done, the disk is whole and nothing uses it any more; whichever way
 * it ends, nothing of it is left running.
 *
 * @throws VirtbsError `image-build-failed` where the guest failed or went silent; `cancelled`; what libvirt or a program says
 */
export type CustomizeDisk = (request: CustomizeDiskRequest, context: VerbContext) => Promise<void>;
