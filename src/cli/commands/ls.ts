import { defineCommand } from '../define-command.js';
import { parseSlice } from '../parse-slice.js';
import { writeJson } from '../json-results.js';

export const lsCommand = defineCommand({
  command: 'ls',
  describe: 'list the slices, their VMs, and what these use of the host; with --slice that one alone',
  sliceless: ({ slice }) => slice === undefined,
  async run(args, context) {
    const asked = args.slice === undefined ? undefined : parseSlice(args.slice);
    const filter = asked === undefined ? {} : { slice: asked };
    const [{ openPlace }, { listSlices }, { renderSlices }, { tableWidth }] = await Promise.all([
      import('../open-place.js'),
      import('../../slice/list-slices.js'),
      import('../render/slices.js'),
      import('../render/table.js'),
    ]);
    await using place = openPlace(args, context);
    const list = await listSlices(await place.driver(), filter, { emit: () => undefined, signal: context.signal });
    if (args.json) writeJson('ls', list, context);
    else context.stdout.write(renderSlices(list, { width: tableWidth(context.stdout), asked }));
  },
});
