import { resolve } from 'node:path';
import { VirtbsError } from '../../errors.js';
import type { Command } from '../command.js';
import { parseSlice } from '../parse-slice.js';
import { wordList } from '../vm-positionals.js';

export const runCommand: Command = {
  command: 'run [command..]',
  describe: 'run a command on all VMs at once; the exit code is the worst',
  positionals: {
    command: { type: 'string', array: true, describe: 'run by the shell of the guests; put -- before it' },
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
    ["$0 -s 1 run -r worker -- 'df -h / | tail -1'", 'a line of shell on all workers'],
  ],
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const command = [...wordList(args['command']), ...args.passed];
    if (command.length === 0) {
      throw new VirtbsError('usage', 'run: no command is given', { hint: 'put it behind --: virtbs run -- uptime' });
    }
    const [{ resolveRoot }, { runOnVms }, { createRunRenderer }] = await Promise.all([
      import('../resolve-root.js'),
      import('../../slice/run-on-vms.js'),
      import('../render/run.js'),
    ]);
    const root = await resolveRoot(args, context);
    const outputDirectory = resolve(context.cwd, args.outputDir);
    const renderer = createRunRenderer(args, context);
    const result = await runOnVms(
      { slice, root, outputDirectory, words: wordList(args['role']), command },
      { signal: context.signal, onLine: renderer.line },
    );
    renderer.end(result);
    return Math.max(0, ...result.vms.map(({ exitCode }) => exitCode));
  },
};
