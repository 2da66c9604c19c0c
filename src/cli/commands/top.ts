import type { CommandContext } from '../command.js';
import { defineCommand } from '../define-command.js';
import { VirtbsError } from '../../errors.js';
import { parseDuration } from '../parse-duration.js';
import type { TopOptions } from '../../slice/top.js';
import { tableWidth } from '../render/table.js';
import { parseSlice } from '../parse-slice.js';
import { VM_POSITIONALS } from '../vm-positionals.js';
import type { JsonResults } from '../json-results.js';

export const topCommand = defineCommand({
  command: 'top [vms..]',
  describe: 'what VMs do: CPU, memory, disk, network; of all slices, or with --slice of one; q ends it',
  positionals: VM_POSITIONALS,
  options: {
    once: { type: 'boolean', default: false, describe: 'one sample, then end' },
    interval: { type: 'string', default: '2', requiresArg: true, describe: 'time between samples (seconds, or 500ms)' },
  },
  examples: [['$0 -s 1 top --once --json', 'one sample for a program']],
  sliceless: ({ slice }) => slice === undefined,
  async run(args, context) {
    const { vms: words } = args;
    if (words.length > 0 && args.slice === undefined) {
      throw new VirtbsError('usage', 'top: VMs are named without their slice', { hint: 'say which: --slice 1' });
    }
    const slice = args.slice === undefined ? undefined : parseSlice(args.slice);
    const interval = parseDuration('--interval', args.interval);
    const [{ openPlace }, { top }, { renderTop }] = await Promise.all([
      import('../open-place.js'),
      import('../../slice/top.js'),
      import('../render/top.js'),
    ]);
    await using place = openPlace(args, context);
    const driver = await place.driver();
    if (!args.once) {
      context.expectInterrupt();
      await context.endWithReader();
    }
    const options = { driver, slice, words, interval };
    if (!args.json && !args.once && context.stdout.isTTY === true) return await drawSamples(options, context);
    const verb = { emit: () => undefined, signal: context.signal };
    const width = tableWidth(context.stdout);
    for await (const sample of top(options, verb)) {
      const text = args.json ? `${JSON.stringify(sample satisfies JsonResults['top'])}\n` : renderTop(sample, width);
      context.stdout.write(text);
      if (args.once) return;
    }
  },
});

/** Draws samples in place of each other until `q` is typed; the last one stays. */
async function drawSamples(options: TopOptions, { stdin, stdout, signal }: CommandContext): Promise<void> {
  const [{ createLogUpdate }, { top }, { renderTop }, { watchQuitKey }] = await Promise.all([
    import('log-update'),
    import('../../slice/top.js'),
    import('../render/top.js'),
    import('../watch-quit-key.js'),
  ]);
  const draw = createLogUpdate(stdout as NodeJS.WriteStream, { showCursor: true });
  using quit = watchQuitKey({ stdin });
  try {
    const verb = { emit: () => undefined, signal: AbortSignal.any([signal, quit.signal]) };
    for await (const sample of top(options, verb)) draw(renderTop(sample, tableWidth(stdout)));
  } catch (error) {
    if (!quit.signal.aborted) throw error;
  } finally {
    draw.done();
  }
}
