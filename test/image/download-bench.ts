import { join } from 'node:path';
import type { Test } from 'tap';
import type { VirtbsError } from '../../src/errors.js';
import type { VirtbsEvent } from '../../src/events.js';
import { readyImage } from '../../src/image/ready-image.js';
import type { DownloadRecipe } from '../../src/config/image-recipe.js';
import type { ImageBuild } from '../../src/image/types.js';
import { makeDiskImages, type DiskImages } from './disk-images.js';
import { startImageServer, type ImageServer, type Resource } from './image-server.js';
import { listTree } from './list-tree.js';
import { virtbsFailure } from './virtbs-failure.js';

export const { signal } = new AbortController();
const OPTIONS = { retryDelays: [1, 1, 1], signal };

export interface GetOptions {
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  readonly retryDelays?: readonly number[];
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Bench {
  readonly root: string;
  readonly directory: string;
  readonly server: ImageServer;
  readonly images: DiskImages;
  readonly events: VirtbsEvent[];
  readonly get: (recipe: DownloadRecipe, options?: GetOptions) => Promise<ImageBuild>;
}

/** A server and a store in which the slot has an older build, which every failure must leave alone. */
export async function openBench(t: Test, resources: Record<string, Resource> = {}): Promise<Bench> {
  const directory = t.testdir({ root: { downloads: {} }, files: {} });
  const root = join(directory, 'root');
  const files = join(directory, 'files');
  const images = await makeDiskImages(files);
  const server = await startImageServer({ '/disk.qcow2': images.qcow2, '/disk.raw': images.raw, ...resources });
  t.teardown(() => server.close());
  const events: VirtbsEvent[] = [];
  const emit = (event: VirtbsEvent) => void events.push(event);
  const get: Bench['get'] = (recipe, options) =>
    readyImage(
      { slot: 'test', tag: 'default' },
      { recipes: { test: { image_download: recipe } }, root, emit, ...OPTIONS, ...options },
    );
  await get({ url: join(files, 'disk.raw'), insecure: true });
  events.length = 0;
  return { root, directory: files, server, images, events, get };
}

/** How a recipe fails; the store must be as it was. */
export async function refused(t: Test, bench: Bench, ...given: Parameters<Bench['get']>): Promise<VirtbsError> {
  const before = await listTree(bench.root);
  const error = await virtbsFailure(bench.get(...given));
  t.strictSame(await listTree(bench.root), before, 'the store is as before');
  t.match(error.message, /^image test: /);
  t.ok(error.hint ?? error.code === 'cancelled', 'it says what to do');
  return error;
}
