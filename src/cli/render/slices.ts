import type { HostUsage } from '../../driver/types.js';
import { showSessionText } from '../../session/show-session.js';
import type { ListedVm, SliceList } from '../../slice/list-slices.js';
import { renderAge } from './age.js';
import { renderSize } from './size.js';
import { renderTable } from './table.js';

const MIB = 1024 ** 2;
const HEADING = [
  'SLICE',
  'VM',
  'STATE',
  'ADDRESS',
  'VCPU',
  'MEMORY',
  'HELD',
  'DISK',
  'IMAGE',
  'AGE',
  'SESSION',
  'ENDS',
];

/** The slices for people: a line for every VM, and for a slice that has networks alone; then the host. */
export function renderSlices({ slices, host }: SliceList, width?: number, now = Date.now()): string {
  if (slices.length === 0) return 'no slices\n';
  const rows = slices.flatMap((state) => {
    const { slice, vms, networks, created, session } = state;
    const name = String(slice);
    const ends = renderExpiry(state.expires, now);
    if (vms.length > 0) return vms.map((vm) => [name, ...vmRow(vm, now), ends]);
    const age = renderAge(now - Date.parse(created));
    const nothing = HEADING.slice(3, -3).map(() => '-');
    return [[name, '-', `${networks.length} networks, no VMs`, ...nothing, age, showSessionText(session), ends]];
  });
  const all = slices.flatMap((slice) => slice.vms);
  return `${renderTable([HEADING, ...rows], width)}${renderHost(all, host)}`;
}

function vmRow(vm: ListedVm, now: number): string[] {
  const { hostname, power, accessAddress, vcpu, memoryMiB, residentBytes, diskBytes, image, created, session } = vm;
  return [
    hostname,
    power,
    accessAddress ?? '-',
    String(vcpu),
    renderSize(memoryMiB * MIB),
    residentBytes === 0 ? '-' : renderSize(residentBytes),
    diskBytes === 0 ? '-' : renderSize(diskBytes),
    image ?? '-',
    renderAge(now - Date.parse(created)),
    showSessionText(session),
  ];
}

/** When `reap` may destroy the slice. */
function renderExpiry(expires: string | null, now: number): string {
  if (expires === null) return '-';
  const left = Date.parse(expires) - now;
  return left > 0 ? `in ${renderAge(left)}` : 'now';
}

/** What the VMs have of the host, and what is left. */
function renderHost(vms: readonly ListedVm[], host: HostUsage | null): string {
  if (host === null) return '';
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const running = vms.filter(({ power }) => power === 'running' || power === 'paused');
  const rows = [
    ['host', 'GIVEN', 'HELD', 'AVAILABLE', 'OF'],
    [
      'memory',
      renderSize(sum(running.map(({ memoryMiB }) => memoryMiB)) * MIB),
      renderSize(sum(running.map(({ residentBytes }) => residentBytes))),
      renderSize(host.availableMemoryBytes),
      renderSize(host.memoryBytes),
    ],
    [
      'disk',
      '-',
      renderSize(sum(vms.map(({ diskBytes }) => diskBytes))),
      renderSize(host.availableDiskBytes),
      renderSize(host.diskBytes),
    ],
    ['cpu', String(sum(running.map(({ vcpu }) => vcpu))), '-', '-', String(host.cpus)],
  ];
  return `\n${renderTable(rows)}`;
}
