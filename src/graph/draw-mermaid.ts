import { networkWords, vmWords, type SliceGraph } from './slice-graph.js';

/** The slice as a flowchart, for Markdown pages: https://mermaid.js.org/syntax/flowchart.html */
export function drawMermaid(graph: SliceGraph): string {
  const { networks, vms } = graph.plan;
  const numbers = new Map(networks.map(({ name }, index) => [name, index]));
  const lines = [
    ...networks.map((network, index) => `net${index}(["${label(network.name, networkWords(network))}"])`),
    ...vms.map((vm, index) => `vm${index}["${label(vm.hostname, vmWords(vm, graph))}"]`),
    ...vms.flatMap(({ interfaces }, index) =>
      interfaces.map(({ network, ipv4 }) => `vm${index} ---|"${ipv4}"| net${numbers.get(network)}`),
    ),
  ];
  return `flowchart LR\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function label(name: string, words: string): string {
  return `${escapeMermaid(name)}<br/>${escapeMermaid(words)}`;
}

/** Entities as Mermaid has them. */
export function escapeMermaid(text: string): string {
  return text.replaceAll(/[#"<>&]/g, (character) => `#${character.codePointAt(0)};`);
}
