import type { SlicePlan } from '../plan/plan.js';
import { planDigest } from './checkpoint-key.js';
import { checkpointKeys, readCheckpointRecord, type CheckpointRecord } from './checkpoint-record.js';

/** Returns the checkpoints of a plan, also those of other images, keys or hosts; the oldest first. */
export async function planRecords(root: string, plan: SlicePlan): Promise<readonly CheckpointRecord[]> {
  const digest = planDigest(plan);
  const records = await Promise.all((await checkpointKeys(root)).map((key) => readCheckpointRecord(root, key)));
  return records
    .flatMap((each) => (each?.slice === plan.slice && each.plan === digest ? [each] : []))
    .toSorted((one, other) => one.created.localeCompare(other.created));
}
