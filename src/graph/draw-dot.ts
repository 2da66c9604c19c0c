import { networkWords, vmWords, type SliceGraph } from './slice-graph.js';

/** The slice for Graphviz: https://graphviz.org/doc/info/lang.html */
export function drawDot(graph: SliceGraph): string {
  const { slice, networks, vms } = graph.plan;
  const lines = [
    'layout=fdp; overlap=false; splines=true;',
    'node [fontname="sans-serif", style=filled];',
    'edge [fontname="sans-serif", fontsize=9];',
    ...networks.map((network) => {
      const words = label(network.name, networkWords(network));
      return `${quoteDot(`net:${network.name}`)} [shape=ellipse, fillcolor="#dbeafe", label=${words}];`;
    }),
    ...vms.map((vm) => {
      const words = label(vm.hostname, vmWords(vm, graph));
      return `${quoteDot(vm.hostname)} [shape=box, fillcolor="#fef3c7", label=${words}];`;
    }),
    ...vms.flatMap(({ hostname, interfaces }) =>
      interfaces.map(
        ({ network, ipv4 }) => `${quoteDot(hostname)} -- ${quoteDot(`net:${network}`)} [label=${quoteDot(ipv4)}];`,
      ),
    ),
  ];
  return `graph ${quoteDot(`slice ${slice}`)} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}

function label(name: string, words: string): string {
  return quoteDot(`${name}\n${words}`);
}

/** Quotes a string for Graphviz: only the quote is special there, and the backslash before a letter. */
export function quoteDot(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
