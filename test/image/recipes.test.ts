import { access, constants, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import tap from 'tap';
import { parse } from 'yaml';
import { compressionOf } from '../../src/image/image-head.js';
import { parseLocation } from '../../src/image/image-location.js';
import { packageDirectory } from '../../src/package-directory.js';
import { recipeKind } from '../../src/image/recipe-key.js';
import type { ImageRecipe } from '../../src/config/image-recipe.js';
import { runScript } from '../bin/run-script.js';

async function shippedRecipes(name: string): Promise<Readonly<Record<string, ImageRecipe>>> {
  const content = parse(await readFile(join(await packageDirectory(), 'images', name), 'utf8')) as {
    image_flow: Record<string, ImageRecipe>;
  };
  return content.image_flow;
}

void tap.test('every shipped image is fetched over https and has a digest of its publisher', async (t) => {
  for (const [slot, recipe] of Object.entries(await shippedRecipes('distributions.yaml'))) {
    t.equal(recipeKind(slot, recipe), 'image_download');
    const { url = '', sha256, sha512, insecure } = recipe.image_download ?? {};
    const location = parseLocation([url].flat()[0] ?? '', 'url');
    t.equal(location.url.protocol, 'https:', slot);
    t.equal(compressionOf(location.name), 'none');
    const digest = sha256 ?? sha512 ?? '';
    if (/^[0-9a-f]+$/.test(digest)) t.equal(digest.length, 64);
    else t.equal(parseLocation(digest, 'sha256').url.host, location.url.host, `${slot}: the list is beside the image`);
    t.equal(insecure, undefined);
  }
});

void tap.test('a slot without a version is the current release of its distribution', async (t) => {
  const recipes = await shippedRecipes('distributions.yaml');
  const current = {
    debian: 'debian-13',
    ubuntu: 'ubuntu-26.04',
    fedora: 'fedora-44',
    centos: 'centos-stream-10',
    opensuse: 'opensuse-leap-16.0',
  };
  for (const [slot, release] of Object.entries(current)) {
    t.ok(recipes[slot]);
    t.strictSame(recipes[slot], recipes[release], slot);
  }
});

void tap.test('the default image is built here', async (t) => {
  t.strictSame(await shippedRecipes('mini.yaml'), { mini: { mini: {} } });
});

void tap.test('the local Debian is built by a script that is there', async (t) => {
  const { 'debian-local': recipe = {}, ...others } = await shippedRecipes('debian-local.yaml');
  t.strictSame(others, {});
  t.equal(recipeKind('debian-local', recipe), 'image_script');
  const script = join(await packageDirectory(), 'images', recipe.image_script?.script ?? '');
  await t.resolves(access(script, constants.X_OK));
  const usage = await runScript(script, []);
  t.match(usage, { status: 2, stderr: /--suite.*[^]*--mirror.*[^]*--package/ });
  const directory = t.testdir();
  for (const [args, words] of [
    [['1000'], /at least 1 GiB/],
    [['0', '--suit', 'x'], /unknown argument --suit/],
    [['0', '--suite'], /nothing behind --suite/],
  ] as const) {
    t.match(await runScript(script, [directory, ...args]), { status: 1, stderr: words });
  }
  t.strictSame(await readdir(directory), []);
});
