import { defineCommand } from '../../define-command.js';
import { parseDuration } from '../../parse-duration.js';
import { parseSlice } from '../../parse-slice.js';
import { TAG_OPTION } from '../../tag-option.js';
import { timeoutOption } from '../../timeout-option.js';

export const imageCommitCommand = defineCommand({
  command: 'commit <vm> <slot>',
  describe: "make a build of a stopped VM's disk",
  positionals: {
    vm: { type: 'string', describe: 'a VM of the slice (controller-02, worker.1)' },
    slot: { type: 'string', describe: 'image slot, of a recipe "image_import: {}" or any other' },
  },
  options: {
    tag: TAG_OPTION,
    disk: {
      type: 'string',
      requiresArg: true,
      defaultDescription: "that of the VM's image",
      describe: 'name of the disk',
    },
    timeout: timeoutOption('works on the slice'),
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const lockTimeout = parseDuration('--timeout', args.timeout);
    const [{ inWorkplace }, { commitVm }, { assertAble }, { renderAddedBuild }] = await Promise.all([
      import('../../in-workplace.js'),
      import('../../../slice/commit-vm.js'),
      import('../../../driver/assert-able.js'),
      import('../../render/added-build.js'),
    ]);
    const asked = {
      slice,
      vm: args.vm,
      slot: args.slot,
      tags: args.tag,
      disk: args.disk,
      lockTimeout,
    };
    const added = await inWorkplace(args, context, async (place) => {
      assertAble({ features: await place.features() }, 'commit');
      const [images, driver] = [await place.library(), await place.driver()];
      return await commitVm({ ...asked, driver, images }, place.verb);
    });
    renderAddedBuild(added, args, context);
  },
});
