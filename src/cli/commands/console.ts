import type { Command } from '../command.js';
import { parseSlice } from '../parse-slice.js';

/** Of a console that can only be read, what is shown at first. */
const LAST_LINES = 20;

export const consoleCommand: Command = {
  command: 'console <vm>',
  describe: 'the serial console of a VM; Ctrl-] leaves it',
  positionals: { vm: { type: 'string', describe: 'VM (controller-02), or a role for its first VM' } },
  options: {
    force: { type: 'boolean', default: false, describe: 'take the console from whoever has it' },
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const [{ resolveRoot }, { findConsole }, { openConsoleReader }] = await Promise.all([
      import('../resolve-root.js'),
      import('../../slice/find-console.js'),
      import('../open-console-reader.js'),
    ]);
    const root = await resolveRoot(args, context);
    const found = await findConsole(String(args['vm']), { root, slice });
    const { domain } = found;
    await using reader = await openConsoleReader(args, context, root);
    if (reader) {
      const { showLog } = await import('../show-log.js');
      context.stderr.write(`the console of ${domain} can only be read; Ctrl-C ends this\n`);
      await showLog(found, { reader, follow: true, lines: LAST_LINES }, context);
      return 0;
    }
    const { runInteractive } = await import('../../process/run-interactive.js');
    const force = args['force'] === true ? ['--force'] : [];
    return await runInteractive('virsh', ['--connect', args.connect, 'console', ...force, domain]);
  },
};
