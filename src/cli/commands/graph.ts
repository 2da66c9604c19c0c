import { defineCommand } from '../define-command.js';
import { parseSlice } from '../parse-slice.js';
import { writeJson } from '../json-results.js';

export const graphCommand = defineCommand({
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
    const slice = parseSlice(args.slice);
    const [{ inWorkplace }, { readSlice }, { drawSvg }, { drawMermaid }, { drawDot }] = await Promise.all([
      import('../in-workplace.js'),
      import('../../slice/standing-slice.js'),
      import('../../graph/draw-svg.js'),
      import('../../graph/draw-mermaid.js'),
      import('../../graph/draw-dot.js'),
    ]);
    const { plan, state } = await inWorkplace(args, context, async (place) =>
      readSlice(await place.standing(slice), place.verb),
    );
    const powers = new Map(state.vms.map(({ hostname, power }) => [hostname, power]));
    const { format } = args;
    const draw = format === 'mermaid' ? drawMermaid : format === 'dot' ? drawDot : drawSvg;
    const text = draw({ plan, powers });
    if (args.json) writeJson('graph', { version: 1, format, text }, context);
    else context.stdout.write(text);
  },
});
