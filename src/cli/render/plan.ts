import type { NetworkPlan, SlicePlan, VmPlan } from '../../plan/plan.js';
import { renderSize } from './size.js';
import { renderTable } from './table.js';

/** The plan for people: networks, then every VM with its NICs and disks. */
export function renderPlan(plan: SlicePlan, width?: number): string {
  const networks = [
    ['NETWORK', 'ID', 'BRIDGE', 'HOST', 'IPV4', 'IPV6', 'FORWARD', 'SERVES', 'MTU'],
    ...plan.networks.map(networkRow),
  ];
  const vms = [['VM', 'MEMORY', 'VCPU', 'NETWORK', 'MAC', 'IPV4', 'IPV6'], ...plan.vms.flatMap(vmRows)];
  const disks = [['VM', 'DISK', 'NAME', 'SIZE', 'IMAGE'], ...plan.vms.flatMap(diskRows)];
  const tables = [networks, vms, disks].filter((rows) => rows.length > 1);
  return `slice ${plan.slice}\n\n${tables.map((rows) => renderTable(rows, width)).join('\n')}`;
}

function networkRow({ name, id, bridge, ipv4, ipv6, forward, serving, mtu }: NetworkPlan): string[] {
  const serves = [serving.ipv4 && 'dhcp', serving.ipv6 && 'dhcpv6', serving.dns && 'dns'].filter(Boolean).join(',');
  return [name, String(id), bridge, ipv4.host ?? '-', ipv4.cidr, ipv6.cidr, forward, serves || '-', String(mtu)];
}

function vmRows(vm: VmPlan): string[][] {
  const head = [vm.hostname, `${vm.memoryMiB} MiB`, String(vm.vcpu)];
  if (vm.interfaces.length === 0) return [[...head, '-', '-', '-', '-']];
  return vm.interfaces.map(({ network, mac, ipv4, ipv6 }, index) => [
    ...(index === 0 ? head : ['', '', '']),
    network,
    mac,
    ipv4,
    ipv6,
  ]);
}

function diskRows({ hostname, disks }: VmPlan): string[][] {
  return disks.map(({ target, name, sizeBytes, slot, tag }, index) => [
    index === 0 ? hostname : '',
    target,
    name,
    renderSize(sizeBytes),
    slot === null ? 'empty' : `${slot}:${tag}`,
  ]);
}
