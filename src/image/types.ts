import type { ImageFormat } from '../config/image-recipe.js';

/** One result of an image recipe: immutable files under the root. */
export interface ImageBuild {
  readonly slot: string;
  /** The build's id: a digest of what it was made from and of what came out. */
  readonly build: string;
  /** Absolute path of the disk image. */
  readonly path: string;
  readonly format: ImageFormat;
  /** Bytes the guest sees. */
  readonly virtualSize: number;
  /** Set where the guest is booted by a kernel of its own instead of its disk. */
  readonly boot?: KernelBoot;
}

export interface KernelBoot {
  /** Absolute paths. */
  readonly kernel: string;
  readonly initrd: string;
  readonly cmdline: string;
}
