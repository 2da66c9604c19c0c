import { resolve } from 'node:path';
import { VirtbsError } from '../../errors.js';
import type { Command } from '../command.js';
import { parseSlice } from '../parse-slice.js';

export const inventoryCommand: Command = {
  command: 'inventory',
  describe: "print the running VMs as Ansible's dynamic inventory; bin/virtbs-inventory calls this for Ansible",
  options: {
    list: { type: 'boolean', default: false, describe: 'all groups and hosts (what is done without it, too)' },
    host: { type: 'string', requiresArg: true, describe: 'the variables of one host' },
  },
  examples: [
    ['ansible -i bin/virtbs-inventory controller -m ping', 'ask the controllers of slice $VIRTBS_SLICE, or 1'],
  ],
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const [{ resolveRoot }, { readInventory }, { openChosenDriver }, { ansibleHost, ansibleList }] = await Promise.all([
      import('../resolve-root.js'),
      import('../../slice/read-inventory.js'),
      import('../open-chosen-driver.js'),
      import('../../output/ansible-json.js'),
    ]);
    const root = await resolveRoot(args, context);
    await using driver = await openChosenDriver(args, context, { root });
    const outputDirectory = resolve(context.cwd, args.outputDir);
    const options = { slice, driver, root, outputDirectory };
    const inventory = await readInventory(options, { emit: () => undefined, signal: context.signal });
    const name = args['host'] === undefined ? undefined : JSON.stringify(args['host']);
    const host = inventory.hosts.find(({ hostname }) => JSON.stringify(hostname) === name);
    if (name !== undefined && !host) {
      throw new VirtbsError('usage', `no VM named ${name} runs in slice ${slice}`, {
        hint: `running: ${inventory.hosts.map(({ hostname }) => hostname).join(', ') || 'none'}`,
      });
    }
    context.stdout.write(`${JSON.stringify(host ? ansibleHost(host) : ansibleList(inventory), null, 2)}\n`);
  },
};
