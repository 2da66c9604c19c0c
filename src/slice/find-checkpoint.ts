import { setImmediate as nextTurn } from 'node:timers/promises';
import { checkpointKey, type CheckpointSubject } from '../checkpoint/checkpoint-key.js';
import { readCheckpointRecord, type CheckpointRecord } from '../checkpoint/checkpoint-record.js';
import type { CheckpointSettings } from '../checkpoint/checkpoint-settings.js';
import type { BuildRequest, Driver } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import type { ImageBuild } from '../image/types.js';
import { hasLogin } from '../output/ssh-config.js';

/** What a checkpoint is looked for by, or made of. */
export interface CheckpointQuestion extends Pick<CheckpointSubject, 'root' | 'plan' | 'seeds'> {
  readonly driver: Driver;
  readonly images: BuildRequest['images'];
  readonly settings: CheckpointSettings;
}

/** Why no checkpoint can be used or made of a slice, or null. */
export function checkpointObstacle(
  { driver, plan }: Pick<CheckpointQuestion, 'driver' | 'plan'>,
  wait: boolean,
): string | null {
  const { guests, snapshots } = driver.features;
  if (!guests || snapshots !== 'memory') return 'the memory of its VMs cannot be kept';
  if (!wait) return 'its VMs are not waited for';
  if (plan.vms.length === 0) return 'it has no VMs';
  const mute = plan.vms.find((vm) => !hasLogin(vm));
  return mute ? `there is no login to ${mute.hostname}, so nobody knows when it is ready` : null;
}

/** The checkpoint of a slice as it is to be built; null where there is none. Changes nothing. */
export async function findCheckpoint(
  question: CheckpointQuestion,
  context: VerbContext,
): Promise<CheckpointRecord | null> {
  // None can be of an image that is still being made.
  const builds = await Promise.race([readyBuilds(question), nextTurn(null)]);
  if (builds === null) return null;
  const { root, plan } = question;
  const key = await questionKey(question, builds, context);
  const record = await readCheckpointRecord(root, key);
  return record?.key === key && record.slice === plan.slice ? record : null;
}

/** The builds of all images; fails where one cannot be had. */
export async function readyBuilds({
  images,
}: Pick<CheckpointQuestion, 'images'>): Promise<ReadonlyMap<string, ImageBuild>> {
  return new Map(await Promise.all([...images].map(async ([name, build]) => [name, await build] as const)));
}

export async function questionKey(
  { root, plan, seeds, driver }: CheckpointQuestion,
  builds: ReadonlyMap<string, ImageBuild>,
  context: VerbContext,
): Promise<string> {
  return checkpointKey({ root, plan, builds, seeds, fingerprint: await driver.fingerprint(context) });
}
