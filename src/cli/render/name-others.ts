import type { OtherItem } from '../../driver/types.js';

/** Returns what people call things that are neither VMs nor networks: `volume bs4-worker-20.data`. */
export function nameOthers(others: readonly OtherItem[]): readonly string[] {
  return others.map(({ kind, name }) => `${kind} ${name}`);
}
