import type { SliceState, VmState } from '../../driver/types.js';
import { showSessionText } from '../../session/show-session.js';
import { renderTable } from './table.js';

/** The slices for people: a line for every VM, and for a slice that has networks alone. */
export function renderSlices(slices: readonly SliceState[], now = Date.now()): string {
  if (slices.length === 0) return 'no slices\n';
  const rows = slices.flatMap((state) => {
    const { slice, vms, networks, created, session } = state;
    const name = String(slice);
    const ends = renderExpiry(state.expires, now);
    if (vms.length > 0) return vms.map((vm) => [name, ...vmRow(vm, now), ends]);
    const age = renderAge(now - Date.parse(created));
    return [
      [name, '-', `${networks.length} networks, no VMs`, '-', '-', '-', '-', age, showSessionText(session), ends],
    ];
  });
  const heading = ['SLICE', 'VM', 'STATE', 'ADDRESS', 'VCPU', 'MEMORY', 'IMAGE', 'AGE', 'SESSION', 'ENDS'];
  return renderTable([heading, ...rows]);
}

function vmRow(vm: VmState, now: number): string[] {
  const { hostname, power, accessAddress, vcpu, memoryMiB, image, created, session } = vm;
  const age = renderAge(now - Date.parse(created));
  return [
    hostname,
    power,
    accessAddress ?? '-',
    String(vcpu),
    `${memoryMiB} MiB`,
    image ?? '-',
    age,
    showSessionText(session),
  ];
}

/** When `reap` may destroy the slice. */
function renderExpiry(expires: string | null, now: number): string {
  if (expires === null) return '-';
  const left = Date.parse(expires) - now;
  return left > 0 ? `in ${renderAge(left)}` : 'now';
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
