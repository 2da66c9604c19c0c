import { defineCommand } from '../define-command.js';
import { parseSlice } from '../parse-slice.js';

/** Lines that are shown first of a console that can only be read. */
const LAST_LINES = 20;

export const consoleCommand = defineCommand({
  command: 'console <vm>',
  describe: 'the serial console of a VM; Ctrl-] leaves it',
  positionals: { vm: { type: 'string', describe: 'VM (controller-02, worker.1), or a role for its first VM' } },
  options: {
    force: { type: 'boolean', default: false, describe: 'take the console from whoever has it' },
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const [{ openPlace }, { findConsole }, { assertConsoles, openConsoleReader }] = await Promise.all([
      import('../open-place.js'),
      import('../../slice/find-console.js'),
      import('../../workplace/open-console-reader.js'),
    ]);
    await using place = openPlace(args, context);
    await assertConsoles(place);
    const found = await findConsole(args.vm, { root: await place.root(), slice });
    const { domain } = found;
    const { terminal } = await place.features();
    if (terminal) {
      const { runInteractive } = await import('../../process/run-interactive.js');
      const [program = '', ...words] = terminal(domain, { force: args.force });
      return await runInteractive(program, words);
    }
    const { showLog } = await import('../show-log.js');
    const reader = await openConsoleReader(place);
    context.stderr.write(`the console of ${domain} can only be read; Ctrl-C ends this\n`);
    await showLog(found, { reader, follow: true, lines: LAST_LINES }, context);
    return 0;
  },
});
