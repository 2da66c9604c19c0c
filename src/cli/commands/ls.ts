import type { Command } from '../command.js';
import { parseSlice } from '../parse-slice.js';

export const lsCommand: Command = {
  command: 'ls',
  describe: 'list the slices and their VMs; with --slice that one alone',
  async run(args, context) {
    const filter = args.slice === undefined ? {} : { slice: parseSlice(args.slice) };
    const [{ resolveRoot }, { openDriver }, { renderSlices }, { tableWidth }] = await Promise.all([
      import('../resolve-root.js'),
      import('../../driver/registry.js'),
      import('../render/slices.js'),
      import('../render/table.js'),
    ]);
    const root = await resolveRoot(args, context);
    await using driver = await openDriver('libvirt', { connect: args.connect, root });
    const slices = await driver.inspect(filter, { emit: () => undefined, signal: context.signal });
    context.stdout.write(
      args.json
        ? `${JSON.stringify({ version: 1, slices }, null, 2)}\n`
        : renderSlices(slices, tableWidth(context.stdout)),
    );
  },
};
