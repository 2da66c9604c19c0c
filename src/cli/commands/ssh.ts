import { resolve } from 'node:path';
import type { Command } from '../command.js';
import { parseSlice } from '../parse-slice.js';
import { wordList } from '../vm-positionals.js';

export const sshCommand: Command = {
  command: 'ssh <vm> [command..]',
  describe: 'log in to a VM, or run a command on it',
  positionals: {
    vm: { type: 'string', describe: 'VM (controller-02), or a role for its first VM' },
    command: { type: 'string', array: true, describe: 'run by the shell of the guest; put -- before it' },
  },
  passes: true,
  examples: [
    ['$0 -s 1 ssh controller', 'log in to the first controller'],
    ['$0 -s 1 ssh worker-20 -- uname -a', 'run a command, with its exit code'],
  ],
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const [{ resolveRoot }, { findSshHosts }, { selectVm }, { runInteractive }] = await Promise.all([
      import('../resolve-root.js'),
      import('../../slice/find-ssh-hosts.js'),
      import('../../slice/select-vms.js'),
      import('../../process/run-interactive.js'),
    ]);
    const root = await resolveRoot(args, context);
    const outputDirectory = resolve(context.cwd, args.outputDir);
    const { sshConfig, hosts } = await findSshHosts({ slice, root, outputDirectory });
    const { hostname } = selectVm(hosts, String(args['vm']), slice);
    const command = [...wordList(args['command']), ...args.passed];
    // With a command ssh gives no terminal by itself; its farewell would be the only line that is not the command's.
    const terminal = command.length > 0 && context.stdin.isTTY === true && context.stdout.isTTY === true;
    const options = terminal ? ['-t', '-o', 'LogLevel=ERROR'] : [];
    return await runInteractive('ssh', [
      '-F',
      sshConfig,
      ...options,
      hostname,
      ...(command.length > 0 ? ['--', ...command] : []),
    ]);
  },
};
