import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { VirtbsError } from '../../errors.js';
import type { ImageBuild } from '../../image/types.js';
import type { DriverContext } from '../types.js';
import { deleteItem } from './delete-item.js';
import { imageSchema, type ImageResource } from './resources.js';
import { cloudImageId } from './find-images.js';
import { diskGiB } from './choose-flavor.js';
import type { Site } from './site.js';
import { watch } from './watch.js';

/** The property of a copied image that names its build in the library; the build's id is a digest of its content. */
const BUILD = 'virtbs_build';
/** Milliseconds that the cloud may take to look at an image that it has whole. */
const LIMIT = 300_000;
const MEBIBYTE = 1024 ** 2;
/** Milliseconds after which nobody copies bytes into an image any more that has none. */
const ABANDONED = 24 * 3_600_000;

export type UploadImage = (build: ImageBuild) => Promise<string>;

/** Gives the id of the cloud's image for a build; each is copied once, however many ask and however often. */
export function createUploader(site: Site, context: DriverContext): UploadImage {
  const underWay = new Map<string, Promise<string>>();
  return async (build) => {
    const known = cloudImageId(build);
    if (known !== undefined) return known;
    const key = `${build.slot}/${build.build}`;
    const upload = underWay.get(key) ?? uploadBuild(site, build, context);
    underWay.set(key, upload);
    return await upload;
  };
}

/** @throws VirtbsError `image-unknown` where none of the images is any build of the slot, and none is to be copied */
export function checkCopies({ settings }: Site, slot: string, images: readonly ImageResource[]): void {
  const isCopy = (image: ImageResource): boolean => String(copiedBuild(image)).startsWith(`${slot}/`);
  if (!settings.upload && !images.some(isCopy)) throw noCopy({ slot });
}

/** @throws VirtbsError `image-unknown` where a build of the library is not in the cloud, and is not to be copied there */
export async function checkCopy(site: Site, build: ImageBuild, signal: AbortSignal): Promise<void> {
  if (site.settings.upload) return;
  if ((await findCopy(site, `${build.slot}/${build.build}`, signal)) === undefined) throw noCopy(build);
}

function noCopy({ slot }: Pick<ImageBuild, 'slot'>): VirtbsError {
  return new VirtbsError('image-unknown', `the cloud has no image for slot "${slot}"`, {
    hint: `say which it is (openstack.images.${slot}), or let it be copied there (-E openstack.upload=true)`,
  });
}

async function uploadBuild(site: Site, build: ImageBuild, { emit, signal }: DriverContext): Promise<string> {
  const { slot, boot, virtualSize } = build;
  const name = `virtbs-${slot}-${build.build}`;
  const existing = await findCopy(site, `${slot}/${build.build}`, signal);
  if (existing !== undefined) return existing;
  if (!site.settings.upload) throw noCopy(build);
  const { size } = await stat(build.path);
  const mebibytes = Math.ceil(size / MEBIBYTE);
  emit({ type: 'note', message: `image ${slot}/${build.build}: copying ${mebibytes} MiB to the cloud, once` });
  const part = (word: string, path: string, format: string): Promise<string> =>
    uploadFile(site, { name: `${name}-${word}`, build: `${slot}/${build.build}/${word}`, path, format }, signal);
  const properties = boot
    ? {
        kernel_id: await part('kernel', boot.kernel, 'aki'),
        ramdisk_id: await part('initrd', boot.initrd, 'ari'),
        os_command_line: boot.cmdline,
      }
    : {};
  const disk = { name, build: `${slot}/${build.build}`, path: build.path, format: build.format };
  return await uploadFile(site, { ...disk, properties: { ...properties, min_disk: diskGiB(virtualSize) } }, signal);
}

interface ImageFile {
  readonly name: string;
  /** `SLOT/BUILD`, with the part of it behind where it is not the disk. */
  readonly build: string;
  readonly path: string;
  readonly format: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

async function uploadFile(site: Site, file: ImageFile, signal: AbortSignal): Promise<string> {
  const service = site.cloud.service('image');
  const existing = await findCopy(site, file.build, signal);
  if (existing !== undefined) return existing;
  const { name, build, path, format, properties } = file;
  await removeAbandoned(site, build, signal);
  const container = format === 'aki' || format === 'ari' ? format : 'bare';
  const body = {
    name,
    disk_format: format,
    container_format: container,
    visibility: 'private',
    [BUILD]: build,
    ...properties,
  };
  const { id } = await service.request('POST', '/images', { body, schema: imageSchema, signal });
  try {
    const { size } = await stat(path);
    await service.upload(`/images/${id}/file`, createReadStream(path, { signal }), { bytes: size, signal });
    await untilActive(site, id, signal);
    return id;
  } catch (error) {
    await service.send('DELETE', `/images/${id}`, { signal: new AbortController().signal }).catch(() => undefined);
    throw error;
  }
}

/** The copy that is whole; not one that broke off. */
async function findCopy({ cloud }: Site, build: string, signal: AbortSignal): Promise<string | undefined> {
  const query = { [BUILD]: build, status: 'active' };
  const images = await cloud.service('image').list('/images', 'images', { schema: imageSchema, query, signal });
  return images.find((image) => copiedBuild(image) === build)?.id;
}

/** Images of servers inherit what their image says, and are no copies. */
function copiedBuild(image: ImageResource): unknown {
  return image['image_type'] === 'snapshot' ? undefined : image[BUILD];
}

/** Takes away what runs that were killed left without bytes; a young one may be that of another run. */
async function removeAbandoned({ cloud }: Site, build: string, signal: AbortSignal): Promise<void> {
  const service = cloud.service('image');
  const query = { [BUILD]: build, status: 'queued', owner: cloud.projectId };
  const images = await service.list('/images', 'images', { schema: imageSchema, query, signal });
  const limit = Date.now() - ABANDONED;
  const old = images.filter((image) => copiedBuild(image) === build && Date.parse(image.created_at) < limit);
  await Promise.all(old.map(({ id }) => deleteItem(service, `/images/${id}`, signal)));
}

async function untilActive({ cloud }: Site, id: string, signal: AbortSignal): Promise<void> {
  let last = { name: id, status: '' };
  const late = (): VirtbsError =>
    new VirtbsError('cloud-failed', `image ${last.name} is ${last.status} after it was copied to the cloud`);
  const look = async (): Promise<true | undefined> => {
    const image = await cloud.service('image').request('GET', `/images/${id}`, { schema: imageSchema, signal });
    if (image.status === 'active') return true;
    last = { name: image.name ?? id, status: image.status };
    if (image.status === 'killed' || image.status === 'deleted') throw late();
    return undefined;
  };
  await watch({ clock: cloud.clock, look, limit: LIMIT, late, signal });
}
