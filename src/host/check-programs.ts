import { findings, type Finding } from './finding.js';
import type { Host } from './host.js';

const { ok, warn, fail } = findings('programs');

/** Any one of a line will do. */
const NEEDED = [
  ['qemu-system-x86_64'],
  ['qemu-img'],
  ['genisoimage', 'mkisofs', 'xorriso'],
  ['ssh'],
  ['ssh-keygen'],
] as const;
/** Programs that build the image "mini", and that unpack images. */
const FOR_IMAGES = ['cpio', 'mke2fs', 'debugfs', 'lz4', 'xz', 'zstd'] as const;

/** The programs that virtbs runs. */
export async function checkPrograms(host: Host, packages: string): Promise<readonly Finding[]> {
  const needed = await missing(host, NEEDED);
  const forImages = await missing(
    host,
    FOR_IMAGES.map((name) => [name]),
  );
  if (needed.length + forImages.length === 0) return [ok('all there')];
  return [
    ...needed.map((name) => fail(`${name} is not installed`, `${packages} --install --for run`)),
    ...forImages.map((name) =>
      warn(`${name} is not installed: some images cannot be made`, `${packages} --install --for mini`),
    ),
  ];
}

async function missing(host: Host, choices: readonly (readonly string[])[]): Promise<readonly string[]> {
  const found = await Promise.all(choices.map((names) => Promise.all(names.map((name) => host.find(name)))));
  return choices.filter((_, index) => found[index]?.every((path) => path === null)).map((names) => names.join(' or '));
}
