import type { Command } from '../command.js';
import { writeJson } from '../json-results.js';

export const graphCommand: Command = {
  command: 'graph',
  describe: 'the networks and VMs of the slice as a picture',
  options: {
    format: {
      type: 'string',
      choices: ['svg', 'mermaid', 'dot'],
      default: 'svg',
      requiresArg: true,
      describe: 'SVG for browsers, or the languages of Mermaid and Graphviz',
    },
  },
  examples: [['$0 -s 1 graph > slice.svg', 'a picture of slice 1']],
  async run(args, context) {
    const [{ withSlice }, { readSlice }, { drawSvg }, { drawMermaid }, { drawDot }] = await Promise.all([
      import('../with-slice.js'),
      import('../../slice/standing-slice.js'),
      import('../../graph/draw-svg.js'),
      import('../../graph/draw-mermaid.js'),
      import('../../graph/draw-dot.js'),
    ]);
    const { plan, state } = await withSlice(args, context, readSlice);
    const powers = new Map(state.vms.map(({ hostname, power }) => [hostname, power]));
    const format = String(args['format']);
    const draw = format === 'mermaid' ? drawMermaid : format === 'dot' ? drawDot : drawSvg;
    const text = draw({ plan, powers });
    if (args.json) writeJson('graph', { version: 1, format, text }, context);
    else context.stdout.write(text);
  },
};
