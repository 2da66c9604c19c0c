import { VirtbsError } from '../../errors.js';
import type { Command } from '../command.js';
import { mayBeOtherDriver } from '../is-other-driver.js';
import { parseSlice } from '../parse-slice.js';

export const consoleCommand: Command = {
  command: 'console <vm>',
  describe: 'the serial console of a VM; Ctrl-] leaves it',
  positionals: { vm: { type: 'string', describe: 'VM (controller-02), or a role for its first VM' } },
  options: {
    force: { type: 'boolean', default: false, describe: 'take the console from whoever has it' },
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const [{ resolveRoot }, { findConsole }, { runInteractive }] = await Promise.all([
      import('../resolve-root.js'),
      import('../../slice/find-console.js'),
      import('../../process/run-interactive.js'),
    ]);
    const root = await resolveRoot(args, context);
    const { domain } = await findConsole(String(args['vm']), { root, slice });
    if (mayBeOtherDriver(args)) {
      const { openChosenDriver } = await import('../open-chosen-driver.js');
      await using driver = await openChosenDriver(args, context, { root });
      if (driver.readConsole) {
        throw new VirtbsError('usage', `console: that of ${domain} can only be read here`, {
          hint: `virtbs log ${String(args['vm'])} shows what is on it`,
        });
      }
    }
    const force = args['force'] === true ? ['--force'] : [];
    return await runInteractive('virsh', ['--connect', args.connect, 'console', ...force, domain]);
  },
};
