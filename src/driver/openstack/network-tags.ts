import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { parseNetworkPlans } from '../../plan/parse-plan.js';
import type { NetworkPlan } from '../../plan/plan.js';

/** A tag has at most 60 characters in older clouds, and no comma. */
const CHUNK = /.{1,48}/g;
const PREFIX = 'virtbs:';

/** The plans that a network is made of, as tags of it. */
export function networkTags(plans: readonly NetworkPlan[]): readonly string[] {
  const text = deflateRawSync(JSON.stringify(plans)).toString('base64url');
  const chunks = text.match(CHUNK) ?? [];
  return ['virtbs', ...chunks.map((chunk, index) => `${PREFIX}${String(index).padStart(2, '0')}:${chunk}`)];
}

/** The plans in a network's tags; none where they were not kept. */
export function readNetworkTags(tags: readonly string[]): readonly NetworkPlan[] {
  const chunks = tags.filter((tag) => tag.startsWith(PREFIX)).sort();
  const text = chunks.map((tag) => tag.slice(PREFIX.length + '00:'.length)).join('');
  try {
    return parseNetworkPlans(inflateRawSync(Buffer.from(text, 'base64url')).toString());
  } catch {
    return [];
  }
}
