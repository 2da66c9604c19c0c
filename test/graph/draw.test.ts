import t from 'tap';
import { drawDot } from '../../src/graph/draw-dot.js';
import { drawMermaid } from '../../src/graph/draw-mermaid.js';
import { drawSvg } from '../../src/graph/draw-svg.js';
import type { SliceGraph } from '../../src/graph/slice-graph.js';
import { attribute, child, children, text } from '../../src/libvirt/xml-element.js';
import { parseXml } from '../../src/libvirt/xml.js';
import { planOf } from '../plan/plan-of.js';

async function graphOf(...topology: readonly string[]): Promise<SliceGraph> {
  const plan = await planOf(1, ...topology);
  return { plan, powers: new Map(plan.vms.map(({ hostname }) => [hostname, 'running'])) };
}

t.test('the SVG is whole XML with every VM, network and address, inside its own borders', async (t) => {
  const graph = await graphOf('controller:2', 'plain:1');
  const svg = child(parseXml(drawSvg(graph)), 'svg');
  const texts = new Set(children(svg, 'text').map(text));
  for (const { hostname, interfaces } of graph.plan.vms) {
    t.ok(texts.has(hostname), hostname);
    for (const { ipv4 } of interfaces) t.ok(texts.has(ipv4), ipv4);
  }
  t.ok(texts.has('net') && texts.has('172.16.17.0/24 · NAT') && texts.has('172.16.18.0/24 · isolated'));
  t.ok(texts.has('controller · 128 MiB · 1 vcpu · running'));
  t.equal(children(svg, 'circle').length, 5, 'a dot for every NIC');
  const [width, height] = [Number(attribute(svg, 'width')), Number(attribute(svg, 'height'))];
  const boxes = [...children(svg, 'rect'), ...children(svg, 'text')];
  for (const box of boxes) {
    const [x = 0, y = 0] = [attribute(box, 'x'), attribute(box, 'y')].map(Number);
    t.ok(!(x > width) && !(y > height));
  }
  const rows = children(svg, 'rect').slice(1);
  const ends = rows.map((row) => [
    Number(attribute(row, 'y')),
    Number(attribute(row, 'y')) + Number(attribute(row, 'height')),
  ]);
  for (const [index, [top = 0]] of ends.entries())
    t.ok(index === 0 || top > (ends[index - 1]?.[1] ?? 0), 'rows do not meet');
});

t.test('a long name is pressed into its box', async (t) => {
  const graph = await graphOf('plain:1');
  const [vm] = graph.plan.vms;
  if (!vm) throw new Error('no VM');
  const long = { ...graph, plan: { ...graph.plan, vms: [{ ...vm, hostname: `${'long-'.repeat(9)}60` }] } };
  t.match(drawSvg(long), /textLength="\d+" lengthAdjust="spacingAndGlyphs" [^>]*>long-long/);
  t.notMatch(drawSvg(graph), /textLength/);
});

t.test('Mermaid and Graphviz are given every VM, network and connection', async (t) => {
  const graph = await graphOf('controller:1', 'plain:1');
  t.equal(
    drawMermaid(graph),
    `flowchart LR
  net0(["net<br/>172.16.17.0/24 · NAT"])
  net1(["data<br/>172.16.18.0/24 · isolated"])
  vm0["controller-02<br/>controller · 128 MiB · 1 vcpu · running"]
  vm1["plain-60<br/>plain · 128 MiB · 1 vcpu · running"]
  vm0 ---|"172.16.17.2"| net0
  vm0 ---|"172.16.18.2"| net1
  vm1 ---|"172.16.17.96"| net0
`,
  );
  const dot = drawDot(graph);
  t.match(dot, /^graph "slice 1" \{\n[^]*\}\n$/);
  t.match(dot, / {2}"controller-02" -- "net:data" \[label="172\.16\.18\.2"\];\n/);
  t.match(dot, / {2}"plain-60" \[shape=box, .*label="plain-60\\nplain · 128 MiB/);
});

t.test('names that mean something to the language drawn in are only text', async (t) => {
  const graph = await graphOf('plain:1');
  const [vm] = graph.plan.vms;
  if (!vm) throw new Error('no VM');
  const odd = { ...graph, plan: { ...graph.plan, vms: [{ ...vm, role: 'a<b>&"c' }] } };
  t.ok(
    children(child(parseXml(drawSvg(odd)), 'svg'), 'text')
      .map(text)
      .some((words) => words.startsWith('a<b>&"c · ')),
  );
  t.match(drawMermaid(odd), /a#60;b#62;#38;#34;c/);
  t.match(drawDot(odd), /a<b>&\\"c/);
});
