import type { SliceState, VmState } from '../../driver/types.js';
import { renderTable } from './table.js';

/** The slices for people: a line for every VM, and for a slice that has networks alone. */
export function renderSlices(slices: readonly SliceState[], width?: number, now = Date.now()): string {
  if (slices.length === 0) return 'no slices\n';
  const rows = slices.flatMap(({ slice, vms, networks }) => {
    const name = String(slice);
    if (vms.length === 0) return [[name, '-', `${networks.length} networks, no VMs`, '-', '-', '-', '-', '-']];
    return vms.map((vm) => [name, ...vmRow(vm, now)]);
  });
  return renderTable([['SLICE', 'VM', 'STATE', 'ADDRESS', 'VCPU', 'MEMORY', 'IMAGE', 'AGE'], ...rows], width);
}

function vmRow(vm: VmState, now: number): string[] {
  const { hostname, power, accessAddress, vcpu, memoryMiB, image, created } = vm;
  const age = renderAge(now - Date.parse(created));
  return [hostname, power, accessAddress ?? '-', String(vcpu), `${memoryMiB} MiB`, image ?? '-', age];
}

/** The two largest units: `3d 4h`, `5m 10s`, `8s`. */
export function renderAge(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return '-';
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([number]) => number > 0);
  if (first < 0) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([number]) => number > 0)
    .map(([number, unit]) => `${number}${unit}`)
    .join(' ');
}
