import type { TopSample, VmLoad } from '../../slice/top.js';
import { renderSize } from '../../text/render-size.js';
import { renderTable } from './table.js';

const MIB = 1024 ** 2;
const HEADING = ['SLICE', 'VM', 'STATE', 'CPU %', 'MEMORY', 'HELD', 'DISK', 'READ/s', 'WRITE/s', 'IN/s', 'OUT/s'];

const OPTIONAL = ['DISK', 'OUT/s', 'IN/s', 'WRITE/s', 'READ/s', 'MEMORY', 'HELD'];

/** One sample for people; the hardest working VM comes first. Where the host tells nothing, nothing is known of its VMs. */
export function renderTop({ vms, host }: TopSample, width?: number): string {
  if (host === null) return renderTable([HEADING, ...vms.map(unknownRow)], width, OPTIONAL);
  const sorted = vms.toSorted((one, other) => other.cpuPercent - one.cpuPercent);
  const table = renderTable([HEADING, ...sorted.map(loadRow)], width, OPTIONAL);
  const held = vms.reduce((sum, { residentBytes }) => sum + residentBytes, 0);
  const cpu = vms.reduce((sum, { cpuPercent }) => sum + cpuPercent, 0);
  const lines = fitParts(
    [
      `${cpu.toFixed(0)} of ${host.cpus * 100} % CPU`,
      `${renderSize(held)} held by VMs`,
      `${renderSize(host.availableMemoryBytes)} of ${renderSize(host.memoryBytes)} memory available`,
      `${renderSize(host.availableDiskBytes)} of ${renderSize(host.diskBytes)} disk available`,
    ],
    width,
  );
  return `${lines}\n\n${table}`;
}

function unknownRow({ slice, hostname, power, memoryMiB }: VmLoad): string[] {
  return [String(slice), hostname, power, '-', renderSize(memoryMiB * MIB), '-', '-', '-', '-', '-', '-'];
}

function loadRow(vm: VmLoad): string[] {
  const head = [String(vm.slice), vm.hostname, vm.power];
  const disk = renderSize(vm.diskBytes);
  if (vm.power === 'off') return [...head, '-', renderSize(vm.memoryMiB * MIB), '-', disk, '-', '-', '-', '-'];
  const rates = [vm.readRate, vm.writeRate, vm.receiveRate, vm.sendRate].map((rate) => renderSize(rate));
  const memory = [renderSize(vm.memoryMiB * MIB), renderSize(vm.residentBytes)];
  return [...head, vm.cpuPercent.toFixed(1).padStart(5), ...memory, disk, ...rates];
}

/** The parts behind each other, in as many lines as they need. */
function fitParts(parts: readonly string[], width = Number.POSITIVE_INFINITY): string {
  return parts.reduce((text, part) => {
    const last = text.slice(text.lastIndexOf('\n') + 1);
    return last.length + part.length + 2 < width ? `${text}, ${part}` : `${text}\n${part}`;
  });
}
