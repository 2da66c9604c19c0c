import { VirtbsError } from '../errors.js';
import type { Driver } from '../driver/types.js';
import type { VerbContext, VirtbsEvent } from '../events.js';
import { checkBuild } from '../image/check-build.js';
import { readyImage, type ImageRequest } from '../image/ready-image.js';
import type { ImageSource } from '../image/ready-all-images.js';
import type { ImageBuild } from '../image/types.js';
import { imageName } from '../image/image-name.js';
import type { SlicePlan } from '../plan/plan.js';

export interface ReadyImagesOptions {
  readonly source: ImageSource;
  /** Has images of its own, or none, and may not take those of the library. */
  readonly driver: Pick<Driver, 'findImages' | 'checkImage'>;
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
export function readyImages(
  plan: SlicePlan,
  { source, driver, all }: ReadyImagesOptions,
  context: VerbContext,
): ReadyImages {
  const end = new AbortController();
  const signal = AbortSignal.any([context.signal, end.signal]);
  const requests = requestsOf(plan);
  const slow = requests.map(({ slot }) => ({ slots: chainOf(source.recipes, slot), ...deferred() }));
  const emit = (event: VirtbsEvent): void => {
    for (const { slots, resolve } of all ? [] : slow) if (isMaking(event, slots)) resolve();
    context.emit(event);
  };
  const underWay = new Map<string, Promise<ImageBuild>>();
  const own = driver.findImages?.(plan, { emit, signal });
  const builds = requests.map(async (request) => {
    const found = (await own)?.get(imageName(request.slot, request.tag));
    if (found) return fitting(plan, request, found);
    const image = await readyImage(request, { ...source, underWay, emit, signal });
    await checkBuild(image);
    await driver.checkImage?.(image, { emit, signal });
    return fitting(plan, request, image);
  });
  const names = requests.map(({ slot, tag }) => imageName(slot, tag));
  const images = new Map(builds.map((build, index) => [names[index] ?? '', build]));
  const settled = builds.map((build, index) => Promise.race([build, slow[index]?.promise]));
  const known = Promise.all(settled).then(() => undefined);
  // Each is told where it is waited for; where nobody waits any more, there is nobody to tell.
  for (const promise of [known, ...builds]) promise.catch(() => undefined);
  return {
    images,
    known,
    async [Symbol.asyncDispose]() {
      end.abort();
      await Promise.allSettled(builds);
    },
  };
}

/** Tells whether the library makes one of these slots, or waits for another process that does. */
function isMaking(event: VirtbsEvent, slots: ReadonlySet<string>): boolean {
  return event.type === 'lock-wait' || (event.type === 'image-start' && slots.has(event.slot));
}

/** A slot and those that it stands on. */
function chainOf(recipes: ImageSource['recipes'], slot: string): ReadonlySet<string> {
  const chain = new Set<string>();
  for (let next: string | undefined = slot; next !== undefined && !chain.has(next);) {
    chain.add(next);
    next = recipes[next]?.image_customize?.base;
  }
  return chain;
}

function requestsOf(plan: SlicePlan): readonly ImageRequest[] {
  const disks = plan.vms.flatMap((vm) => vm.disks);
  const requests = disks.flatMap(({ slot, tag }) => (slot === null ? [] : [{ slot, tag: tag ?? 'default' }]));
  return [...new Map(requests.map((request) => [imageName(request.slot, request.tag), request])).values()];
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function fitting(plan: SlicePlan, request: ImageRequest, image: ImageBuild): ImageBuild {
  const name = imageName(request.slot, request.tag);
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
