import { firstBootJson } from '../../plan/first-boot-json.js';
import type { NetworkPlan, SharePlan, SlicePlan, VmPlan } from '../../plan/plan.js';
import { renderSize } from '../../text/render-size.js';
import { renderTable } from './table.js';

const MIB = 1024 ** 2;
/** Columns that a narrow terminal does without: of VMs and disks, then of networks. */
const OPTIONAL = ['VCPU', 'MEMORY', 'MAC', 'NAME', 'SIZE', 'MTU', 'SERVES', 'FORWARD', 'ID', 'HOST', 'IPV6'];

/** The plan for people: networks, then every VM with its NICs and disks. */
export function renderPlan(plan: SlicePlan, width?: number): string {
  if (plan.access?.logins) return renderMachines(plan, width);
  const networks = [
    ['NETWORK', 'ID', 'BRIDGE', 'HOST', 'IPV4', 'IPV6', 'FORWARD', 'SERVES', 'MTU'],
    ...plan.networks.map(networkRow),
  ];
  const vms = [['VM', 'MEMORY', 'VCPU', 'NETWORK', 'MAC', 'IPV4', 'IPV6'], ...plan.vms.flatMap(vmRows)];
  const disks = [['VM', 'DISK', 'NAME', 'SIZE', 'IMAGE'], ...plan.vms.flatMap(diskRows)];
  const given = [['VM', 'FIRST BOOT', 'WHAT'], ...plan.vms.flatMap(firstBootRows)];
  const tables = [networks, vms, disks, given].filter((rows) => rows.length > 1);
  return `slice ${plan.slice}\n\n${tables.map((rows) => renderTable(rows, width, OPTIONAL)).join('\n')}`;
}

/** Machines that virtbs did not make: how they are reached is all that is known of them. */
function renderMachines({ slice, vms, access }: SlicePlan, width: number | undefined): string {
  const rows = vms.map(({ hostname, role, accessAddress }) => {
    const by = access?.logins?.[hostname]?.local === true ? 'this machine' : 'ssh';
    return [hostname, role, access?.users[hostname] ?? '-', accessAddress ?? '-', by];
  });
  return `slice ${slice}\n\n${renderTable([['VM', 'ROLE', 'USER', 'ADDRESS', 'BY'], ...rows], width)}`;
}

function networkRow({ name, id, bridge, ipv4, ipv6, forward, serving, mtu }: NetworkPlan): string[] {
  const serves = [serving.ipv4 && 'dhcp', serving.ipv6 && 'dhcpv6', serving.dns && 'dns'].filter(Boolean).join(',');
  return [name, String(id), bridge, ipv4.host ?? '-', ipv4.cidr, ipv6.cidr, forward, serves || '-', String(mtu)];
}

function vmRows(vm: VmPlan): string[][] {
  const head = [vm.hostname, renderSize(vm.memoryMiB * MIB), String(vm.vcpu)];
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

function shareText({ path, source, readOnly }: SharePlan): string {
  return `${path} is ${source}${readOnly ? ' (read-only)' : ''}`;
}

/** What differs from the VMs that are given nothing of their own. */
function firstBootRows(vm: VmPlan): string[][] {
  const { files = [], packages = [], scripts = [], sshKeys = 0, userData = null } = firstBootJson(vm) ?? {};
  const rows = [
    ['user', vm.user ?? ''],
    ['ssh_keys', sshKeys === 0 ? '' : String(sshKeys)],
    ['user_data', userData ?? ''],
    ['files', files.join(', ')],
    ['packages', packages.join(', ')],
    ['scripts', scripts.join(', ')],
    ['share', (vm.share ?? []).map(shareText).join(', ')],
  ].filter(([, value]) => value !== '');
  return rows.map((row, index) => [index === 0 ? vm.hostname : '', ...row]);
}
