import { resolve } from 'node:path';
import type { Command } from '../../command.js';
import { parseDuration } from '../../parse-duration.js';
import { parseSlice } from '../../parse-slice.js';
import { stringList } from '../../string-list.js';
import { TAG_OPTION } from '../../tag-option.js';
import { timeoutOption } from '../../timeout-option.js';

export const imageCommitCommand: Command = {
  command: 'commit <vm> <slot>',
  describe: "make a build of a stopped VM's disk",
  positionals: {
    vm: { type: 'string', describe: 'host name of a VM of the slice' },
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
    const timeout = parseDuration('--timeout', String(args['timeout']));
    const [{ loadConfigurationFor }, { commitVm }, { openDriver }, { createReporter }, { renderAddedBuild }] =
      await Promise.all([
        import('../../load-plan.js'),
        import('../../../slice/commit-vm.js'),
        import('../../../driver/registry.js'),
        import('../../render/reporter.js'),
        import('../../render/added-build.js'),
      ]);
    const { imageFlow, paths } = await loadConfigurationFor(args, context);
    const root = resolve(context.cwd, args.root ?? paths.virtbsRoot);
    using reporter = createReporter(args, context);
    await using driver = await openDriver('libvirt', { connect: args.connect, root });
    const added = await commitVm(
      {
        slice,
        vm: String(args['vm']),
        slot: String(args['slot']),
        tags: stringList(args['tag']),
        disk: typeof args['disk'] === 'string' ? args['disk'] : undefined,
        driver,
        connect: args.connect,
        images: { recipes: imageFlow, root },
        timeout,
      },
      { emit: reporter.emit, signal: context.signal },
    );
    reporter[Symbol.dispose]();
    renderAddedBuild(added, args, context);
  },
};
