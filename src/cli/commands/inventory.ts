import { VirtbsError } from '../../errors.js';
import { defineCommand } from '../define-command.js';
import { parseSlice } from '../parse-slice.js';

export const inventoryCommand = defineCommand({
  command: 'inventory',
  describe: "print the running VMs as Ansible's dynamic inventory; virtbs-inventory calls this for Ansible",
  options: {
    list: { type: 'boolean', default: false, describe: 'all groups and hosts (what is done without it, too)' },
    host: { type: 'string', requiresArg: true, describe: 'the variables of one host' },
  },
  examples: [
    [
      'ansible -i "$(command -v virtbs-inventory)" controller -m ping',
      'ask the controllers of slice $VIRTBS_SLICE, or 1',
    ],
  ],
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const [{ openPlace }, { readInventory }, { ansibleHost, ansibleList }] = await Promise.all([
      import('../open-place.js'),
      import('../../slice/read-inventory.js'),
      import('../../output/ansible-json.js'),
    ]);
    await using place = openPlace(args, context);
    const inventory = await readInventory(await place.standing(slice), {
      emit: () => undefined,
      signal: context.signal,
    });
    const name = args.host;
    const host = inventory.hosts.find(({ hostname }) => hostname === name);
    if (name !== undefined && !host) {
      throw new VirtbsError('usage', `no VM named ${JSON.stringify(name)} runs in slice ${slice}`, {
        hint: `running: ${inventory.hosts.map(({ hostname }) => hostname).join(', ') || 'none'}`,
      });
    }
    context.stdout.write(`${JSON.stringify(host ? ansibleHost(host) : ansibleList(inventory), null, 2)}\n`);
  },
});
