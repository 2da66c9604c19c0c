import { join } from 'node:path';
import { buildDirectory } from '../filenames.js';
import type { NotedSource } from '../provision/digest-provision.js';
import type { ImageFormat, ImageKind, ImageRecipe } from '../config/image-recipe.js';
import type { ImageBuild } from './types.js';

/** `build.json`: what a build is and where it came from. It is written once, with the build. */
export interface BuildRecord {
  readonly version: 1;
  readonly slot: string;
  readonly build: string;
  readonly kind: ImageKind;
  /** The recipe without user names and passwords. */
  readonly recipe: ImageRecipe;
  readonly recipeKey: string;
  readonly format: ImageFormat;
  /** Bytes the guest sees. */
  readonly virtualSize: number;
  /** Length of the disk image in bytes. */
  readonly size: number;
  /** `sha256:HEX` or `sha512:HEX`, of a download as it was served, of a built image over all its files. */
  readonly content: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** Milliseconds that it took to make it. */
  readonly milliseconds: number;
  /** The build whose disk this one's disk is an overlay of; a base that was flattened into it is not one. */
  readonly base?: { readonly slot: string; readonly build: string };
  /** Large files that went into it. */
  readonly sources?: readonly NotedSource[];
  /** Set where `kernel` and `initrd` are beside the disk. */
  readonly boot?: { readonly cmdline: string };
}

export interface BuildFiles {
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly record: string;
  /** The output while it was made; not every kind has one. */
  readonly log: string;
}

/** The files of a build in its folder, or in that of one being made. */
export function buildFiles(directory: string, format: ImageFormat): BuildFiles {
  return {
    disk: join(directory, `disk.${format}`),
    kernel: join(directory, 'kernel'),
    initrd: join(directory, 'initrd'),
    record: recordPath(directory),
    log: join(directory, 'build.log'),
  };
}

export function recordPath(directory: string): string {
  return join(directory, 'build.json');
}

export function imageBuildOf(root: string, record: BuildRecord): ImageBuild {
  const { slot, build, format, virtualSize, boot } = record;
  const { disk, kernel, initrd } = buildFiles(buildDirectory(root, slot, build), format);
  return {
    slot,
    build,
    path: disk,
    format,
    virtualSize,
    ...(boot && { boot: { kernel, initrd, cmdline: boot.cmdline } }),
  };
}

/** The record in a text, or nothing where it is none that this version knows. Checked by hand: every cycle passes here. */
export function parseBuildRecord(text: string): BuildRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isBuildRecord(value) ? value : undefined;
}

function isBuildRecord(value: unknown): value is BuildRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record: Partial<Record<keyof BuildRecord, unknown>> = value;
  const {
    version,
    slot,
    build,
    kind,
    recipe,
    recipeKey,
    format,
    virtualSize,
    size,
    content,
    created,
    milliseconds,
    boot,
    sources,
  } = record;
  const texts = [slot, build, kind, recipeKey, content, created];
  const numbers = [virtualSize, size, milliseconds];
  return (
    version === 1 &&
    texts.every((text) => typeof text === 'string') &&
    numbers.every((number) => typeof number === 'number') &&
    (format === 'qcow2' || format === 'raw') &&
    typeof recipe === 'object' &&
    (sources === undefined ||
      (Array.isArray(sources) && sources.every((source) => typeof source === 'object' && source !== null))) &&
    (boot === undefined ||
      (typeof boot === 'object' && boot !== null && 'cmdline' in boot && typeof boot.cmdline === 'string'))
  );
}
