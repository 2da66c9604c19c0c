import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const LICENSE_FILE = /^(licen[cs]e|copying|notice)/i;

/**
 * The licences of all packages that a bundle holds files of, as one text.
 *
 * @throws Error for a package without a licence
 */
export async function bundleLicenses({ inputs }) {
  const found = Object.keys(inputs).map((path) => /(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  const folders = [...new Set(found.filter((folder) => folder !== undefined))].sort();
  const parts = await Promise.all(folders.map(describePackage));
  return ['The programs in this folder hold files of these packages.\n', ...new Set(parts)].join(
    `\n${'-'.repeat(80)}\n\n`,
  );
}

async function describePackage(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const files = (await readdir(folder)).filter((file) => LICENSE_FILE.test(file)).sort();
  const texts =
    files.length > 0
      ? await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
      : [await licenseInReadme(folder)];
  return [`${name} ${version} (${license})\n`, ...texts.map((text) => `${text.trim()}\n`)].join('\n');
}

/** Some packages have their licence at the end of the README alone. */
async function licenseInReadme(folder) {
  const text = await readFile(join(folder, 'README.md'), 'utf8').catch(() => '');
  const [, section = ''] = /^#+ *licen[cs]e *\n([^]*?)(?=^#|$(?![^]))/im.exec(text) ?? [];
  if (!section.includes('Permission is hereby granted')) throw new Error(`${folder} has no licence`);
  return section;
}
