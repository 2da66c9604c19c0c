import { createHash } from 'node:crypto';
import type { ImageBuild } from '../image/types.js';
import type { SlicePlan } from '../plan/plan.js';
import type { Seed } from '../seed/seed.js';
import type { KeptUnit } from './kept-unit.js';

/** All that a slice that was kept must have in common with the one that is asked for. */
export interface CheckpointSubject {
  readonly root: string;
  readonly plan: SlicePlan;
  /** Keyed by `SLOT:TAG`. */
  readonly builds: ReadonlyMap<string, ImageBuild>;
  /** Keyed by host name. The keys of the VMs are a part of them. */
  readonly seeds: ReadonlyMap<string, Seed>;
  /** The driver's: emulator, hypervisor, processor. */
  readonly fingerprint: string;
}

/** Goes up when what VMs are made of changes in a way that the rest does not tell. */
const FORMAT = 1;

/** Sixteen hex digits that stand for all of it. Two slices never have the same: their plans differ. */
export function checkpointKey({ root, plan, builds, seeds, fingerprint }: CheckpointSubject): string {
  const images = [...builds].map(([name, { slot, build }]) => [name, `${slot}/${build}`] as const);
  const guests = [...seeds];
  for (const list of [images, guests]) list.sort(([one], [other]) => (one < other ? -1 : 1));
  return digest([FORMAT, root, plan, images, guests, fingerprint]);
}

/** Returns the key of the slice once tasks were done on it; without any, that of the slice as it booted. */
export function deployedKey(base: string, units: readonly Pick<KeptUnit, 'task' | 'vm' | 'key'>[]): string {
  if (units.length === 0) return base;
  return digest([base, units.map(({ task, vm, key }) => JSON.stringify([task, vm, key])).sort()]);
}

/** The same for the plan alone: a checkpoint takes the place of those of the same plan. */
export function planDigest(plan: SlicePlan): string {
  return digest(plan);
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
