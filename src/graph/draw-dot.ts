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
      return `${quote(`net:${network.name}`)} [shape=ellipse, fillcolor="#dbeafe", label=${words}];`;
    }),
    ...vms.map((vm) => {
      const words = label(vm.hostname, vmWords(vm, graph));
      return `${quote(vm.hostname)} [shape=box, fillcolor="#fef3c7", label=${words}];`;
    }),
    ...vms.flatMap(({ hostname, interfaces }) =>
      interfaces.map(({ network, ipv4 }) => `${quote(hostname)} -- ${quote(`net:${network}`)} [label=${quote(ipv4)}];`),
    ),
  ];
  return `graph ${quote(`slice ${slice}`)} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}

function label(name: string, words: string): string {
  return quote(`${name}\n${words}`);
}

/** In a quoted string of Graphviz's only the quote is special, and the backslash before a letter. */
function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
