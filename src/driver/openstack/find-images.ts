import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { VirtbsError } from '../../errors.js';
import type { ImageBuild } from '../../image/types.js';
import { imageName } from '../../image/image-name.js';
import type { SlicePlan } from '../../plan/plan.js';
import { keptMark } from './kept-item.js';
import { imageSchema, type ImageResource } from './resources.js';
import type { CloudImageChoice } from './openstack-settings.js';
import type { Site } from './site.js';

const IN_CLOUD = 'glance:';

/** The images of the plan's disks that the configuration says the cloud has, by `SLOT:TAG`. @throws VirtbsError `image-unknown` */
export async function findImages(
  site: Site,
  plan: SlicePlan,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ImageBuild>> {
  const { images } = site.settings;
  const wanted = new Map(
    plan.vms.flatMap(({ disks }) =>
      disks.flatMap(({ slot, tag }) => {
        const choice = slot === null ? undefined : images[slot];
        return slot === null || choice === undefined ? [] : [[imageName(slot, tag), { slot, choice }] as const];
      }),
    ),
  );
  if (wanted.size === 0) return new Map();
  const all = await listImages(site, signal);
  const found = await Promise.all(
    [...wanted].map(
      async ([name, { slot, choice }]) => [name, cloudBuild(slot, await chooseImage(all, slot, choice))] as const,
    ),
  );
  return new Map(found);
}

/** Images that servers can be made of, without those that keep disks of ours. */
export async function listImages({ cloud }: Site, signal: AbortSignal): Promise<readonly ImageResource[]> {
  const query = { status: 'active' };
  const images = await cloud.service('image').list('/images', 'images', { schema: imageSchema, query, signal });
  return images.filter((image) => keptMark(image.name, image) === undefined);
}

/** The id of an image that the cloud has; undefined for one of the library. */
export function cloudImageId({ path }: ImageBuild): string | undefined {
  return path.startsWith(IN_CLOUD) ? path.slice(IN_CLOUD.length) : undefined;
}

function cloudBuild(slot: string, { id, virtual_size, size }: ImageResource): ImageBuild {
  return { slot, build: id, path: `${IN_CLOUD}${id}`, format: 'raw', virtualSize: virtual_size ?? size ?? 0 };
}

/** Returns the images that fit all conditions, the newest first. */
async function chooseImage(
  all: readonly ImageResource[],
  slot: string,
  choice: CloudImageChoice,
): Promise<ImageResource> {
  const { id, name, pattern, properties = {}, selector } = choice;
  const expression = pattern === undefined ? null : new RegExp(pattern);
  const fitting = all
    .filter((image) => id === undefined || image.id === id)
    .filter((image) => name === undefined || image.name === name)
    .filter((image) => expression === null || expression.test(image.name ?? ''))
    .filter((image) => Object.entries(properties).every(([key, value]) => String(image[key]) === value))
    .toSorted((one, other) => other.created_at.localeCompare(one.created_at));
  const image = selector === undefined ? fitting[0] : await select(fitting, selector);
  if (image) return image;
  const names = [...new Set(all.map((each) => each.name ?? each.id))];
  throw new VirtbsError(
    'image-unknown',
    `openstack.images.${slot}: no image of the cloud is so: ${JSON.stringify(choice)}`,
    {
      hint: `images of the cloud: ${names.join(', ') || 'none'}`,
    },
  );
}

/** @returns undefined where the module chooses none, or none of the list */
async function select(images: readonly ImageResource[], path: string): Promise<ImageResource | undefined> {
  let choose: unknown;
  try {
    const module: unknown = await import(pathToFileURL(resolve(path)).href);
    choose = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  } catch (error) {
    throw new VirtbsError('config-invalid', `${path}: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'the selector is a JavaScript module whose default export is a function',
      cause: error,
    });
  }
  if (typeof choose !== 'function') {
    throw new VirtbsError('config-invalid', `${path} has no default export that is a function`);
  }
  const chosen: unknown = await choose(images);
  return images.find(({ id }) => typeof chosen === 'object' && chosen !== null && 'id' in chosen && chosen.id === id);
}
