import { VirtbsError } from '../../errors.js';
import { defineCommand } from '../define-command.js';
import { parseSlice } from '../parse-slice.js';

export const runCommand = defineCommand({
  command: 'run [command..]',
  describe: 'run a command on all VMs at once; the exit code is the worst',
  positionals: {
    command: {
      type: 'string',
      array: true,
      describe: 'a program and its arguments, passed as they are, or one word: a line of shell; put -- before it',
    },
  },
  options: {
    role: {
      alias: 'r',
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'only on the VMs of this role, or on this VM; repeatable',
    },
  },
  passes: true,
  examples: [
    ['$0 -s 1 run -- uptime', 'on every VM of slice 1'],
    ["$0 -s 1 run -r worker -- 'df -h / | tail -1'", 'one word is a line of shell'],
    [`$0 -s 1 run -- sh -c 'echo "a  b"'`, 'several words arrive as they are'],
  ],
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const command = [...args.command, ...args.passed];
    if (command.length === 0) {
      throw new VirtbsError('usage', 'run: no command is given', { hint: 'put it behind --: virtbs run -- uptime' });
    }
    const [{ openPlace }, { findLogins }, { runOnVms }, { createRunRenderer }] = await Promise.all([
      import('../open-place.js'),
      import('../../workplace/find-logins.js'),
      import('../../slice/run-on-vms.js'),
      import('../render/run.js'),
    ]);
    await using place = openPlace(args, context);
    const logins = await findLogins(place, slice);
    await context.endWithReader();
    const renderer = createRunRenderer(args, context);
    const result = await runOnVms(
      { ...logins, slice, words: args.role, command, collect: args.json },
      { signal: context.signal, onLine: renderer.line },
    );
    renderer.end(result);
    return Math.max(0, ...result.vms.map(({ exitCode }) => exitCode));
  },
});
