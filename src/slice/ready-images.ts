import { VirtbsError } from '../errors.js';
import type { VerbContext, VirtbsEvent } from '../events.js';
import { readyImage, type ImageRequest } from '../image/ready-image.js';
import type { ImageSource } from '../image/ready-all-images.js';
import type { ImageBuild } from '../image/types.js';
import { imageName } from '../plan/image-name.js';
import type { SlicePlan } from '../plan/plan.js';

export interface ReadyImagesOptions {
  readonly source: ImageSource;
  /** Wait for all of them: nothing may be destroyed for a slice whose images cannot be had. */
  readonly all: boolean;
}

/** The builds that the plan's disks are cloned from. To dispose of it stops those that are still being made, and waits. */
export interface ReadyImages extends AsyncDisposable {
  /** By `SLOT:TAG`. One that fails leaves the others alone. */
  readonly images: ReadonlyMap<string, Promise<ImageBuild>>;
  /**
   * Done when what is cached is there, and when all that can be told without making an image has been told; with `all`, when
   * every image is there. Fails with the first that fails until then.
   */
  readonly known: Promise<void>;
}

/**
 * Finds the plan's images, and makes or downloads those that are missing, all at once. They fail with `plan-invalid` where a
 * disk is smaller than its image, and with what the image library throws.
 */
export function readyImages(plan: SlicePlan, { source, all }: ReadyImagesOptions, context: VerbContext): ReadyImages {
  const end = new AbortController();
  const signal = AbortSignal.any([context.signal, end.signal]);
  const images = new Map<string, Promise<ImageBuild>>();
  const settled: Promise<unknown>[] = [];
  for (const [name, request] of requestsOf(plan)) {
    const making = new Promise<void>((resolve, reject) => {
      const emit = (event: VirtbsEvent): void => {
        if (!all && MAKING.has(event.type)) resolve();
        context.emit(event);
      };
      const build = readyImage(request, { ...source, emit, signal }).then((image) => fitting(plan, name, image));
      images.set(name, build);
      build.then(() => resolve(), reject);
    });
    settled.push(making);
  }
  const known = Promise.all(settled).then(() => undefined);
  // Each is told where it is waited for; where nobody waits any more, there is nobody to tell.
  for (const promise of [known, ...images.values()]) promise.catch(() => undefined);
  return {
    images,
    known,
    async [Symbol.asyncDispose]() {
      end.abort();
      await Promise.allSettled(images.values());
    },
  };
}

/** What the library says when an image has to be made, or is being made by another. */
const MAKING: ReadonlySet<VirtbsEvent['type']> = new Set(['image-start', 'lock-wait']);

function requestsOf(plan: SlicePlan): ReadonlyMap<string, ImageRequest> {
  const disks = plan.vms.flatMap((vm) => vm.disks);
  return new Map(
    disks.flatMap(({ slot, tag }) =>
      slot === null ? [] : [[imageName(slot, tag), { slot, tag: tag ?? 'default' }] as const],
    ),
  );
}

function fitting(plan: SlicePlan, name: string, image: ImageBuild): ImageBuild {
  const problems = plan.vms.flatMap(({ hostname, role, disks }) =>
    disks
      .filter(
        ({ slot, tag, sizeBytes }) => slot !== null && imageName(slot, tag) === name && image.virtualSize > sizeBytes,
      )
      .map(
        (disk) =>
          `${hostname}: disk "${disk.name}" of role "${role}" has ${disk.sizeBytes} bytes, image "${image.slot}" needs ${image.virtualSize}`,
      ),
  );
  if (problems.length === 0) return image;
  throw new VirtbsError('plan-invalid', problems.join('\n'), { hint: 'give the disk a larger "size"' });
}
