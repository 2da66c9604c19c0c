import { countOf } from '../../text/count-of.js';
import type { HostUsage } from '../../driver/types.js';
import { showSessionText } from '../../session/show-session.js';
import type { ListedVm, SliceList } from '../../slice/list-slices.js';
import { renderAge } from './age.js';
import { renderSize } from '../../text/render-size.js';
import { renderTable } from './table.js';
import { sum } from '../../sum.js';

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

/** Columns that a narrow terminal does without. */
const OPTIONAL = ['IMAGE', 'VCPU', 'HELD', 'DISK', 'MEMORY', 'AGE', 'ENDS', 'SESSION'];

export interface SlicesView {
  /** Characters of a line. */
  readonly width?: number;
  /** The slice that alone was asked for. */
  readonly asked?: number | undefined;
  /** Milliseconds since 1970. */
  readonly now?: number;
}

/** The slices for people: a line for every VM, and for a slice that has networks alone; then the host. */
export function renderSlices({ slices, host }: SliceList, { width, asked, now = Date.now() }: SlicesView = {}): string {
  if (slices.length === 0) return asked === undefined ? 'no slices\n' : `slice ${asked} is empty\n`;
  const rows = slices.flatMap((state) => {
    const { slice, vms, networks, created, session } = state;
    const name = String(slice);
    const ends = renderExpiry(state.expires, now);
    if (vms.length > 0) return vms.map((vm) => [name, ...vmRow(vm, now), ends]);
    const age = renderAge(now - Date.parse(created));
    const nothing = HEADING.slice(3, -3).map(() => '-');
    return [
      [name, '-', `${countOf(networks.length, 'network')}, no VMs`, ...nothing, age, showSessionText(session), ends],
    ];
  });
  const all = slices.flatMap((slice) => slice.vms);
  return `${renderTable([HEADING, ...rows], width, OPTIONAL)}${renderHost(all, host)}`;
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

/** Renders what the VMs use of the host, and what is left. */
function renderHost(vms: readonly ListedVm[], host: HostUsage | null): string {
  if (host === null) return '';
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
