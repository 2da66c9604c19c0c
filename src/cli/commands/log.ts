import { defineCommand } from '../define-command.js';
import { parseSlice } from '../parse-slice.js';
import { VirtbsError } from '../../errors.js';

export const logCommand = defineCommand({
  command: 'log [vm]',
  describe: 'what a VM has written to its serial console, or a task to its output',
  positionals: {
    vm: { type: 'string', describe: 'VM (controller-02, worker.1), or a role for its first VM; of a task also "here"' },
  },
  options: {
    task: {
      type: 'string',
      requiresArg: true,
      describe: 'the output of this task, on all its VMs where none is named',
    },
    follow: { alias: 'f', type: 'boolean', default: false, describe: 'go on with what it writes, until interrupted' },
    lines: { alias: 'n', type: 'string', requiresArg: true, describe: 'only that many lines from the end' },
  },
  check({ vm, task, lines }) {
    parseLines(lines);
    if (vm === undefined && task === undefined) {
      throw new VirtbsError('usage', 'log: neither a VM nor a task is named', {
        hint: 'name one: virtbs log controller-02, or virtbs log --task primary',
      });
    }
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const lines = parseLines(args.lines);
    const options = { follow: args.follow, ...(lines !== undefined && { lines }) };
    if (args.task !== undefined) {
      const [{ openPlace: open }, { showTaskLogs }, { taskVm }] = await Promise.all([
        import('../open-place.js'),
        import('../show-task-logs.js'),
        import('../../workplace/task-vm.js'),
      ]);
      await using workplace = open(args, context);
      const vm = args.vm === undefined ? undefined : await taskVm(args.vm, workplace, slice);
      const asked = { root: await workplace.root(), slice, vm };
      await showTaskLogs(args.task, { ...asked, ...options }, context);
      return;
    }
    const [{ openPlace }, { findConsole }, { assertConsoles, openConsoleReader }, { showLog }] = await Promise.all([
      import('../open-place.js'),
      import('../../slice/find-console.js'),
      import('../../workplace/open-console-reader.js'),
      import('../show-log.js'),
    ]);
    await using place = openPlace(args, context);
    await assertConsoles(place);
    const found = await findConsole(args.vm ?? '', { root: await place.root(), slice });
    const reader = await openConsoleReader(place);
    await showLog(found, { reader, ...options }, context);
  },
});

function parseLines(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new VirtbsError('usage', `--lines: ${JSON.stringify(text)} is not a number`, {
    hint: 'give a number: --lines 20',
  });
}
