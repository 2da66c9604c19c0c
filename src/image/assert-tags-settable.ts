import { TAG } from '../config/names.js';
import { VirtbsError } from '../errors.js';
import { isBuildId } from './read-build.js';
import { DEFAULT_TAG } from './tags.js';

/** @throws VirtbsError `usage` for `default`, for what cannot name a tag, and for what looks like the id of a build */
export function assertTagsSettable(tags: readonly string[]): void {
  for (const tag of tags) {
    if (tag === DEFAULT_TAG) {
      throw new VirtbsError('usage', `tag "${DEFAULT_TAG}" cannot be set: it moves with the recipe`, {
        hint: 'choose another name; virtbs image build SLOT makes what "default" points to',
      });
    }
    if (!TAG.pattern.test(tag)) {
      throw new VirtbsError('usage', `${JSON.stringify(tag)} is not a tag name`, { hint: `a tag is ${TAG.allowed}` });
    }
    if (isBuildId(tag)) {
      throw new VirtbsError('usage', `${JSON.stringify(tag)} looks like a build, and would be taken for one`, {
        hint: 'choose another name for the tag',
      });
    }
  }
}
