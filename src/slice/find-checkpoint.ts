import { setImmediate as nextTurn } from 'node:timers/promises';
import { checkpointKey, type CheckpointSubject } from '../checkpoint/checkpoint-key.js';
import { readCheckpointRecord } from '../checkpoint/checkpoint-record.js';
import type { CheckpointSettings } from '../config/checkpoint-settings.js';
import type { CreateRequest, Driver } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import type { ImageBuild } from '../image/types.js';
import { hasLogin } from '../output/ssh-config.js';
import { findDeployed, hasMemory, NOTHING_FOUND, type CheckpointSearch, type TasksQuestion } from './find-deployed.js';

/** The facts by which a checkpoint is looked for, or from which it is made. */
export interface CheckpointQuestion extends Pick<CheckpointSubject, 'root' | 'plan' | 'seeds'> {
  readonly driver: Driver;
  readonly images: CreateRequest['images'];
  readonly settings: CheckpointSettings;
}

/** Returns why no checkpoint can be used or made of a slice, or null. */
export function checkpointObstacle(
  { driver, plan }: Pick<CheckpointQuestion, 'driver' | 'plan'>,
  wait: boolean,
): string | null {
  const { guests, snapshots } = driver.features;
  if (!guests || snapshots !== 'memory') return 'the memory of its VMs cannot be kept';
  if (!wait) return 'its VMs are not waited for';
  if (plan.vms.length === 0) return 'it has no VMs';
  const sharing = plan.vms.find(({ share }) => share);
  if (sharing) return `${sharing.hostname} shares folders with this machine, and then memory cannot be kept`;
  const mute = plan.vms.find((vm) => !hasLogin(vm));
  return mute ? `there is no login to ${mute.hostname}, so nobody knows when it is ready` : null;
}

/**
 * Finds the checkpoint of a slice as it is to be made. Of those in which tasks are done, the one with most of
 * the work in it; where no tasks are to be done, one without any. Changes nothing.
 */
export async function findCheckpoint(
  question: CheckpointQuestion,
  tasks: TasksQuestion | null,
  context: VerbContext,
): Promise<CheckpointSearch> {
  // None can be of an image that is still being made.
  const builds = await Promise.race([readyBuilds(question), nextTurn(null)]);
  if (builds === null) return NOTHING_FOUND;
  const { root, plan, settings } = question;
  const base = await questionKey(question, builds, context);
  if (tasks) return await findDeployed({ ...tasks, root, plan, base, builds, memory: settings.memory }, context);
  const record = await readCheckpointRecord(root, base);
  if (record?.key !== base || record.slice !== plan.slice || !hasMemory(record, settings.memory)) {
    return NOTHING_FOUND;
  }
  return { found: { record, done: new Map() }, judged: [] };
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
