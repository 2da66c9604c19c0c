import type { MadeImage, MakeBuildOptions, MakeImageContext } from './make-image-context.js';
import { chmod, mkdtemp, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildDirectory, slotPaths } from '../filenames.js';
import { buildFiles, type BuildRecord } from './build-record.js';
import { publicRecipe } from './public-recipe.js';
import { makeReadableDirectory } from '../files/make-readable-directory.js';
import { readBuild } from './read-build.js';
import { digestOf } from '../digest-of.js';
import { recipeKind, miniWithPackages, shippedMini } from './recipe-key.js';
import type { MiniRecipe, ScriptRecipe } from '../config/image-recipe.js';

/** Tells whether a name in a slot's folder or among its tags is that of something half made, or half removed. */
export function isTemporary(name: string): boolean {
  return /^\.(building|new|removing)-/.test(name);
}

/**
 * Makes a build in a temporary folder and renames it whole; a failure leaves nothing. The caller holds the slot's lock and
 * sets the tag.
 */
export async function makeBuild(slot: string, options: MakeBuildOptions): Promise<BuildRecord> {
  const { root, recipe, emit } = options;
  const kind = recipeKind(slot, recipe);
  const started = performance.now();
  emit({ type: 'image-start', slot, action: kind === 'image_download' ? 'download' : 'build' });
  const { directory: slotDirectory } = slotPaths(root, slot);
  await makeReadableDirectory(slotDirectory);
  let directory: string | undefined;
  try {
    directory = await mkdtemp(join(slotDirectory, '.building-'));
    const made = await (options.make ?? makeImage)({ ...options, slot, directory });
    const milliseconds = Math.round(performance.now() - started);
    const record = await recordBuild({ ...options, slot, directory }, { made, milliseconds });
    await place(root, record, directory);
    emit({ type: 'image-ready', slot, build: record.build, milliseconds });
    return record;
  } catch (error) {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    // Only an empty folder goes: that of a slot that never had a build.
    await rmdir(slotDirectory).catch(() => undefined);
    throw error;
  }
}

async function makeImage(context: MakeImageContext): Promise<MadeImage> {
  const { mini, image_script, image_download: download, image_customize: customize } = context.recipe;
  const { base } = context;
  const script = mini ? await miniScript(mini, context) : image_script;
  if (script) return (await import('./build-by-script.js')).buildByScript(script, context);
  if (download) return (await import('./download-image.js')).downloadImage(download, context);
  if (customize && base) return (await import('./customize-image.js')).customizeImage(customize, { ...context, base });
  throw new Error('a recipe without a kind');
}

async function miniScript(recipe: MiniRecipe, { miniDirectory }: MakeImageContext): Promise<ScriptRecipe> {
  const { size, packages = [] } = recipe;
  const directory = miniDirectory ?? (await shippedMini());
  if (packages.length === 0) return { size, script: join(directory, 'build') };
  return { size, script: join(miniWithPackages(directory), 'build'), arguments: packages };
}

async function recordBuild(
  { slot, directory, recipe, key, sources = [] }: MakeImageContext,
  { made, milliseconds }: { readonly made: MadeImage; readonly milliseconds: number },
): Promise<BuildRecord> {
  const kind = recipeKind(slot, recipe);
  const files = buildFiles(directory, made.format);
  const { size } = await stat(files.disk);
  const build = digestOf({ kind, key, content: made.content, format: made.format }).slice(0, 16);
  const created = new Date().toISOString();
  const record: BuildRecord = {
    version: 1,
    slot,
    build,
    kind,
    recipe: publicRecipe(recipe),
    recipeKey: key,
    ...made,
    size,
    created,
    milliseconds,
    ...(sources.length > 0 && { sources }),
  };
  await writeFile(files.record, `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

/** Renames the finished folder into the store. The same build, whole, is not replaced: a VM may run on it. */
async function place(root: string, record: BuildRecord, directory: string): Promise<void> {
  const target = buildDirectory(root, record.slot, record.build);
  if (await readBuild(root, record.slot, record.build)) return rm(directory, { recursive: true });
  const names = await readdir(directory);
  await Promise.all(names.map((name) => chmod(join(directory, name), 0o644)));
  await chmod(directory, 0o755);
  // What is there is incomplete; a name of its own keeps it from being taken for a build if we are killed here.
  const broken = `${directory}-replaced`;
  await rename(target, broken).catch(() => rm(target, { recursive: true, force: true }));
  await rename(directory, target);
  await rm(broken, { recursive: true, force: true });
}
