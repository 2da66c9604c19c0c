import type { Command } from '../command.js';
import { parseSlice } from '../parse-slice.js';
import { writeJson } from '../json-results.js';

export const lsCommand: Command = {
  command: 'ls',
  describe: 'list the slices, their VMs, and what these use of the host; with --slice that one alone',
  async run(args, context) {
    const filter = args.slice === undefined ? {} : { slice: parseSlice(args.slice) };
    const [{ resolveRoot }, { openChosenDriver }, { listSlices }, { renderSlices }, { tableWidth }] = await Promise.all(
      [
        import('../resolve-root.js'),
        import('../open-chosen-driver.js'),
        import('../../slice/list-slices.js'),
        import('../render/slices.js'),
        import('../render/table.js'),
      ],
    );
    const root = await resolveRoot(args, context);
    await using driver = await openChosenDriver(args, context, { root });
    const list = await listSlices(driver, filter, { emit: () => undefined, signal: context.signal });
    if (args.json) writeJson('ls', list, context);
    else context.stdout.write(renderSlices(list, tableWidth(context.stdout)));
  },
};
