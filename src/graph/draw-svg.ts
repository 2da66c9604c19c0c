import { svgPicture, svgText } from './svg.js';
import type { NetworkPlan, VmPlan } from '../plan/plan.js';
import { networkWords, vmWords, type SliceGraph } from './slice-graph.js';

/** Pixels. */
const MARGIN = 20;
const VM_WIDTH = 250;
const NIC_HEIGHT = 26;
const VM_PADDING = 22;
const ROW_GAP = 16;
const COLUMN_WIDTH = 180;
const TITLE_HEIGHT = 34;
const HEADER_HEIGHT = 44;

/** Colours of networks, and of roles: lines and dark text on them can be told apart by people who see no red or green. */
const NETWORK_COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b8860b', '#56789a'];
const ROLE_COLOURS = ['#e3f0fa', '#fdebd9', '#dff3ec', '#f8e8f1', '#faf3d4', '#e9edf1'];

/**
 * The slice as a picture: a row for each VM, a column for each network, and a dot where a VM is on a network, with its address.
 * One file without anything from elsewhere.
 */
export function drawSvg(graph: SliceGraph): string {
  const { slice, networks, vms } = graph.plan;
  const top = MARGIN + TITLE_HEIGHT + HEADER_HEIGHT + ROW_GAP;
  const rows = placeRows(vms, top);
  const bottom = rows.at(-1)?.bottom ?? top;
  const width = MARGIN * 2 + VM_WIDTH + networks.length * COLUMN_WIDTH + 20;
  const height = bottom + MARGIN;
  const roles = [...new Set(vms.map(({ role }) => role))];
  const title = `slice ${slice}`;
  return svgPicture({ title, width, height }, [
    svgText(title, { x: MARGIN, y: MARGIN + 16, size: 18, weight: 'bold' }),
    ...networks.map((network, index) => drawNetwork(network, { index, bottom })),
    ...rows.map(({ vm, y }) => drawNics(vm, { y, networks })),
    ...rows.map(({ vm, y }) =>
      drawVm(vm, { y, words: vmWords(vm, graph), fill: colour(ROLE_COLOURS, roles.indexOf(vm.role)) }),
    ),
  ]);
}

interface Row {
  readonly vm: VmPlan;
  readonly y: number;
  readonly bottom: number;
}

function placeRows(vms: readonly VmPlan[], top: number): readonly Row[] {
  let y = top;
  return vms.map((vm) => {
    const row = { vm, y, bottom: y + vmHeight(vm) };
    y = row.bottom + ROW_GAP;
    return row;
  });
}

function vmHeight({ interfaces }: VmPlan): number {
  return VM_PADDING + NIC_HEIGHT * Math.max(1, interfaces.length);
}

function columnX(index: number): number {
  return MARGIN + VM_WIDTH + 60 + index * COLUMN_WIDTH;
}

function drawNetwork(
  network: NetworkPlan,
  { index, bottom }: { readonly index: number; readonly bottom: number },
): string {
  const x = columnX(index);
  const y = MARGIN + TITLE_HEIGHT;
  const stroke = colour(NETWORK_COLOURS, index);
  return [
    svgText(network.name, { x: x - 8, y: y + 14, size: 14, weight: 'bold', fill: stroke }),
    svgText(networkWords(network), { x: x - 8, y: y + 32, size: 11, fill: stroke }),
    `<line x1="${x}" y1="${y + HEADER_HEIGHT}" x2="${x}" y2="${bottom}" stroke="${stroke}" stroke-width="4" stroke-linecap="round"/>`,
  ].join('\n');
}

function drawNics(
  { interfaces }: VmPlan,
  { y, networks }: { readonly y: number; readonly networks: readonly NetworkPlan[] },
): string {
  const lines = interfaces.flatMap(({ network, ipv4 }, nic) => {
    const index = networks.findIndex(({ name }) => name === network);
    if (index < 0) return [];
    const [x, at] = [columnX(index), y + VM_PADDING / 2 + NIC_HEIGHT * (nic + 0.5)];
    const stroke = colour(NETWORK_COLOURS, index);
    return [
      `<line x1="${MARGIN + VM_WIDTH}" y1="${at}" x2="${x}" y2="${at}" stroke="${stroke}" stroke-width="2"/>`,
      `<circle cx="${x}" cy="${at}" r="6" fill="${stroke}" stroke="#ffffff" stroke-width="2"/>`,
      svgText(ipv4, { x: x + 12, y: at + 4, size: 12 }),
    ];
  });
  return lines.join('\n');
}

function drawVm(
  vm: VmPlan,
  { y, words, fill }: { readonly y: number; readonly words: string; readonly fill: string },
): string {
  const middle = y + vmHeight(vm) / 2;
  return [
    `<rect x="${MARGIN}" y="${y}" width="${VM_WIDTH}" height="${vmHeight(vm)}" rx="6" fill="${fill}" stroke="#444444"/>`,
    svgText(vm.hostname, { x: MARGIN + 12, y: middle - 3, size: 14, weight: 'bold', room: VM_WIDTH - 24 }),
    svgText(words, { x: MARGIN + 12, y: middle + 14, size: 11, room: VM_WIDTH - 24 }),
  ].join('\n');
}

function colour(colours: readonly string[], index: number): string {
  return colours[index % colours.length] ?? '#444444';
}
