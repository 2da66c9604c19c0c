import { defineCommand } from '../../define-command.js';
import { writeJson } from '../../json-results.js';

export const payloadLsCommand = defineCommand({
  command: 'ls',
  describe: 'list the payloads that come with virtbs: what each is, and what it needs',
  sliceless: () => true,
  examples: [['$0 --payload patroni cycle', 'build and deploy one of them']],
  async run(args, context) {
    const [{ listPayloads }, { DRIVERS }, { renderPayloads }, { tableWidth }] = await Promise.all([
      import('../../../payload/list-payloads.js'),
      import('../../../driver/known-drivers.js'),
      import('../../render/payloads.js'),
      import('../../render/table.js'),
    ]);
    const { cwd, packageDirectory, signal } = context;
    const payloads = await listPayloads({ cwd, packageDirectory, signal, files: [], overrides: [], drivers: DRIVERS });
    if (args.json) writeJson('payload-ls', { version: 1, payloads }, context);
    else context.stdout.write(renderPayloads(payloads, tableWidth(context.stdout)));
  },
});
