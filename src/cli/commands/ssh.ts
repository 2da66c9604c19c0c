import { defineCommand } from '../define-command.js';
import { parseSlice } from '../parse-slice.js';

export const sshCommand = defineCommand({
  command: 'ssh <vm> [command..]',
  describe: 'log in to a VM, or run a command on it',
  positionals: {
    vm: { type: 'string', describe: 'VM (controller-02, worker.1), or a role for its first VM' },
    command: {
      type: 'string',
      array: true,
      describe: 'a program and its arguments, passed as they are, or one word: a line of shell; put -- before it',
    },
  },
  passes: true,
  examples: [
    ['$0 -s 1 ssh controller', 'log in to the first controller'],
    ['$0 -s 1 ssh worker-20 -- uname -a', 'run a command, with its exit code'],
  ],
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const [{ openPlace }, { findLogins }, { selectVm }, { runInteractive }, { commandLine }, { personCall }] =
      await Promise.all([
        import('../open-place.js'),
        import('../../workplace/find-logins.js'),
        import('../../slice/select-vms.js'),
        import('../../process/run-interactive.js'),
        import('../../guest/command-line.js'),
        import('../../guest/guest-call.js'),
      ]);
    await using place = openPlace(args, context);
    const { sshConfig, hosts } = await findLogins(place, slice);
    const { hostname, local } = selectVm(hosts, args.vm, slice);
    const command = [...args.command, ...args.passed];
    // With a command ssh gives no terminal by itself; its farewell would be the only line that is not the command's.
    const terminal = command.length > 0 && context.stdin.isTTY === true && context.stdout.isTTY === true;
    const options = terminal ? ['-t', '-o', 'LogLevel=ERROR'] : [];
    const line = command.length > 0 ? commandLine(command) : undefined;
    const [program, words] = personCall({ sshConfig, hostname, local }, line, options);
    return await runInteractive(program, words);
  },
});
