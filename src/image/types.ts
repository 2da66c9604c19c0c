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

export type ImageFormat = 'qcow2' | 'raw';

export interface KernelBoot {
  /** Absolute paths. */
  readonly kernel: string;
  readonly initrd: string;
  readonly cmdline: string;
}

/** A recipe as the configuration has it: `image_flow.SLOT`. Exactly one kind is set. */
export interface ImageRecipe {
  readonly mini?: MiniRecipe | undefined;
  readonly image_download?: DownloadRecipe | undefined;
}

export type ImageKind = keyof ImageRecipe;

/** The image that is built on this machine from the distribution's own packages. */
export interface MiniRecipe {
  /** Bytes of the disk, 1 GiB where not given. */
  readonly size?: number | undefined;
}

export interface DownloadRecipe {
  /** `https://…`, `http://…`, `file:///…` or a path. */
  readonly url: string;
  /**
   * What the file has to digest to, as it is served, before any decompression: hex digits, or the URL or path of a list
   * (SHA256SUMS, *-CHECKSUM) that names the file. Where both are given, both must match.
   */
  readonly sha256?: string | undefined;
  readonly sha512?: string | undefined;
  /** Accept the image without a digest. */
  readonly insecure?: boolean | undefined;
  /** Checked against the image where given; found by looking at it otherwise. */
  readonly format?: ImageFormat | undefined;
  /** Taken from the ending of the url (`.xz`, `.gz`, `.zst`) where not given. */
  readonly compression?: ImageCompression | undefined;
}

export type ImageCompression = 'none' | 'xz' | 'gz' | 'zst';
