import { checkpointKeys, readCheckpointRecord } from './checkpoint-record.js';
import type { KeptUnit } from './kept-unit.js';

/** Returns the key of the newest checkpoint in which a task is done on a node with the same key; null where none holds it. */
export type CheckpointHolder = (unit: Pick<KeptUnit, 'task' | 'vm' | 'key'>) => string | null;

/** Reads which tasks the checkpoints of a slice hold. Changes nothing. */
export async function checkpointHolders(root: string, slice: number): Promise<CheckpointHolder> {
  const read = await Promise.all((await checkpointKeys(root)).map((key) => readCheckpointRecord(root, key)));
  const records = read
    .flatMap((record) => (record?.slice === slice ? [record] : []))
    .toSorted((one, other) => one.created.localeCompare(other.created));
  const holders = new Map(records.flatMap(({ key, units = [] }) => units.map((unit) => [nameOf(unit), key] as const)));
  return (unit) => holders.get(nameOf(unit)) ?? null;
}

function nameOf({ task, vm, key }: Pick<KeptUnit, 'task' | 'vm' | 'key'>): string {
  return JSON.stringify([task, vm, key]);
}
