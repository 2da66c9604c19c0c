import type { Command } from '../command.js';
import { mayBeOtherDriver } from '../is-other-driver.js';
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
    const [{ resolveRoot }, { findConsole }, { readLog }, { consoleText }] = await Promise.all([
      import('../resolve-root.js'),
      import('../../slice/find-console.js'),
      import('../../slice/read-log.js'),
      import('../render/console-text.js'),
    ]);
    const root = await resolveRoot(args, context);
    const found = await findConsole(String(args['vm']), { root, slice });
    const { path } = found;
    if (mayBeOtherDriver(args)) {
      const [{ openChosenDriver }, { fetchConsole }] = await Promise.all([
        import('../open-chosen-driver.js'),
        import('../../slice/fetch-console.js'),
      ]);
      await using driver = await openChosenDriver(args, context, { root });
      await fetchConsole(found, driver, { emit: () => undefined, signal: context.signal });
    }
    const follow = args['follow'] === true;
    if (follow) context.expectInterrupt();
    const options = { follow, signal: context.signal, ...(lines !== undefined && { lines }) };
    const show = context.stdout.isTTY === true ? consoleText : (bytes: Uint8Array) => bytes;
    for await (const chunk of readLog(path, options)) context.stdout.write(show(chunk));
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
