import type { Command } from '../command.js';
import { parseSlice } from '../parse-slice.js';
import { VirtbsError } from '../../errors.js';

export const logCommand: Command = {
  command: 'log <vm>',
  describe: 'what a VM has written to its serial console',
  positionals: { vm: { type: 'string', describe: 'VM (controller-02), or a role for its first VM' } },
  options: {
    follow: { alias: 'f', type: 'boolean', default: false, describe: 'go on with what it writes, until interrupted' },
    lines: { alias: 'n', type: 'string', requiresArg: true, describe: 'only that many lines from the end' },
  },
  async run(args, context) {
    const slice = parseSlice(args.slice);
    const lines = parseLines(args['lines']);
    const [{ resolveRoot }, { findConsole }, { openConsoleReader }, { showLog }] = await Promise.all([
      import('../resolve-root.js'),
      import('../../slice/find-console.js'),
      import('../open-console-reader.js'),
      import('../show-log.js'),
    ]);
    const root = await resolveRoot(args, context);
    const found = await findConsole(String(args['vm']), { root, slice });
    await using reader = await openConsoleReader(args, context, root);
    await showLog(found, { reader, follow: args['follow'] === true, ...(lines !== undefined && { lines }) }, context);
  },
};

function parseLines(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === 'string' ? value : '';
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new VirtbsError('usage', `--lines: ${JSON.stringify(text)} is not a number`, {
    hint: 'give a number: --lines 20',
  });
}
