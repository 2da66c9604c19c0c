import { SLOT, TAG } from '../config/names.js';
import { unknownWord } from '../text/unknown-word.js';
import { VirtbsError } from '../errors.js';
import type { BuildRecord } from './build-record.js';
import { listBuilds, listSlots } from './list-slots.js';
import { isBuildId, readBuild } from './read-build.js';
import { DEFAULT_TAG, listTags, readTag } from './tags.js';

/** The words of a person for a build: `SLOT`, `SLOT:TAG` or `SLOT/BUILD`. */
export interface BuildReference {
  readonly slot: string;
  readonly tag?: string;
  readonly build?: string;
}

/** @throws VirtbsError `usage` for what is none of the three */
export function parseBuildReference(text: string): BuildReference {
  const [, slot = '', mark, rest = ''] = /^([^:/]*)(?:([:/])(.*))?$/s.exec(text) ?? [];
  if (!SLOT.pattern.test(slot)) throw wrong(text);
  if (mark === undefined) return { slot };
  if (mark === ':' && TAG.pattern.test(rest)) return { slot, tag: rest };
  if (mark === '/' && isBuildId(rest)) return { slot, build: rest };
  throw wrong(text);
}

/**
 * The build that is meant; `default` where neither tag nor build is said.
 *
 * @throws VirtbsError `image-unknown` with the nearest right word, `image-corrupt` where the build is incomplete
 */
export async function resolveBuild(root: string, { slot, tag, build }: BuildReference): Promise<BuildRecord> {
  await assertSlotKnown(root, slot);
  const id = build ?? (await readKnownTag(root, slot, tag ?? DEFAULT_TAG));
  const known = await listBuilds(root, slot);
  if (!known.includes(id)) throw unknownImage(`image ${slot} has no build`, id, known);
  const record = await readBuild(root, slot, id);
  if (record) return record;
  throw new VirtbsError('image-corrupt', `${slot}/${id} is incomplete`, {
    hint: `make it anew, or remove it: virtbs image gc`,
  });
}

/** @throws VirtbsError `image-unknown` for a slot that the library has no builds of */
export async function assertSlotKnown(root: string, slot: string): Promise<void> {
  const slots = await listSlots(root);
  if (!slots.includes(slot)) throw unknownImage('there are no builds in slot', slot, slots);
}

/** The build of a tag. @throws VirtbsError `image-unknown` where the slot has no such tag */
export async function readKnownTag(root: string, slot: string, tag: string): Promise<string> {
  const build = await readTag(root, slot, tag);
  if (build === undefined) throw unknownImage(`image ${slot} has no tag`, tag, await listTags(root, slot));
  return build;
}

function unknownImage(what: string, word: string, known: readonly string[]): VirtbsError {
  return new VirtbsError('image-unknown', unknownWord(what, word, known), {
    hint: 'virtbs image ls shows what there is',
  });
}

function wrong(text: string): VirtbsError {
  return new VirtbsError('usage', `${JSON.stringify(text)} is neither SLOT, SLOT:TAG nor SLOT/BUILD`, {
    hint: 'virtbs image ls shows slots, tags and builds',
  });
}
