import type { Provision } from './provision.js';

/** A recipe as the configuration has it: `image_flow.SLOT`. Exactly one kind is set. */
export interface ImageRecipe {
  readonly mini?: MiniRecipe | undefined;
  readonly image_download?: DownloadRecipe | undefined;
  readonly image_customize?: CustomizeRecipe | undefined;
  readonly image_script?: ScriptRecipe | undefined;
  readonly image_import?: ImportRecipe | undefined;
  /** The user's own; they make no other image. */
  readonly labels?: Readonly<Record<string, unknown>> | undefined;
}

/** Kinds in the order in which they are listed for people. */
export const IMAGE_KINDS = [
  'image_download',
  'image_customize',
  'image_script',
  'image_import',
  'mini',
] as const satisfies readonly Exclude<keyof ImageRecipe, 'labels'>[];

export type ImageKind = Exclude<keyof ImageRecipe, 'labels'>;

/** The image that is built on this machine from the distribution's own packages. */
export interface MiniRecipe {
  /** Bytes of the disk; 1 GiB where not given, 2 GiB with packages. */
  readonly size?: number | undefined;
  /** Packages of the distribution, with all that they need; Debian and Ubuntu only. */
  readonly packages?: readonly string[] | undefined;
}

export interface DownloadRecipe {
  /** `https://…`, `http://…`, `file:///…` or a path; several are mirrors of one file, tried in this order. */
  readonly url: string | readonly string[];
  /**
   * The digest of the file as it is served, before any decompression: hex digits, or the URL or path of a list (SHA256SUMS,
   * *-CHECKSUM) that names the file. Where both are given, both must match.
   */
  readonly sha256?: string | undefined;
  readonly sha512?: string | undefined;
  /**
   * A signature of the list that `sha256` or `sha512` points to (SHA256SUMS.gpg), which the key in `keyring` must have made;
   * without one, but with a `keyring`, the list has to carry its signature in itself.
   */
  readonly signature?: string | undefined;
  /** Path of an OpenPGP keyring, binary or armoured. */
  readonly keyring?: string | undefined;
  /** Accept the image without a digest. */
  readonly insecure?: boolean | undefined;
  /** Checked against the image where given; found by looking at it otherwise. */
  readonly format?: ImageFormat | undefined;
  /** Taken from the ending of the url (`.xz`, `.gz`, `.bz2`, `.zst`, `.tgz`, …) where not given. */
  readonly compression?: ImageCompression | undefined;
  /** The image in a tar archive, by its name exactly as the archive has it; the compression is that of the archive. */
  readonly member?: string | undefined;
}

export type ImageCompression = 'none' | 'xz' | 'gz' | 'bz2' | 'zst';

/** An image made from another, which grows to `size`, and is then provisioned. */
export interface CustomizeRecipe extends Provision {
  /** The slot and the tag of the image that this one stands on; tag `default` where not given. */
  readonly base: string;
  readonly base_tag?: string | undefined;
  /** Bytes the disk grows to; the base's size where not given. */
  readonly size?: number | undefined;
  /** Make a disk that needs no base. */
  readonly flatten?: boolean | undefined;
  /** The method: booting the image, which is the default, or virt-customize of libguestfs. */
  readonly via?: 'boot' | 'virt-customize' | undefined;
  /** MiB. */
  readonly memory?: number | undefined;
  readonly vcpu?: number | undefined;
  /** Tells whether the guest reaches the outside meanwhile; true where not given. */
  readonly internet_access?: boolean | undefined;
}

/**
 * An image that a program of this machine makes: `SCRIPT DIRECTORY SIZE_BYTES [ARGUMENT…]` leaves `disk.qcow2` or `disk.raw`
 * there, and where the guest needs them to boot `kernel`, `initrd` and `cmdline`.
 */
export interface ScriptRecipe {
  readonly script: string;
  readonly arguments?: readonly string[] | undefined;
  /** Bytes of the disk; 0, the script's own choice, where not given. */
  readonly size?: number | undefined;
}

/** An image that comes from `virtbs image import` and `virtbs image commit` alone. */
export type ImportRecipe = Readonly<Record<string, never>>;

export type ImageFormat = 'qcow2' | 'raw';
