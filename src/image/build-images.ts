import { unknownWord } from '../text/unknown-word.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { prepareRoot } from '../files/prepare-root.js';
import { useImages } from './lock-images.js';
import { readyAllImages, type ImageSource } from './ready-all-images.js';
import type { ImageBuild } from './types.js';

/**
 * Makes or downloads the images of the slots that are not there yet, all at once.
 *
 * @throws VirtbsError `usage` for an unknown slot; what the image library throws
 */
export async function buildImages(
  slots: readonly string[],
  source: ImageSource,
  context: VerbContext,
): Promise<readonly ImageBuild[]> {
  const known = Object.keys(source.recipes);
  const unknown = slots.filter((slot) => !known.includes(slot));
  if (unknown.length > 0) {
    const problems = unknown.map((slot) => unknownWord('unknown image slot', slot, known));
    throw new VirtbsError('usage', problems.join('\n'), {
      hint: 'virtbs config show prints the slots under image_flow',
    });
  }
  await prepareRoot(source.root);
  await using _lock = await useImages(source.root, { ...context, holder: `making images ${slots.join(', ')}` });
  const requests = [...new Set(slots)].map((slot) => ({ slot, tag: 'default' }));
  return await readyAllImages(requests, source, context);
}
