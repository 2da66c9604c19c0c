import type { Command, CommandContext } from '../command.js';
import { VirtbsError } from '../../errors.js';
import { parseDuration } from '../parse-duration.js';
import { parseSlice } from '../parse-slice.js';
import { VM_POSITIONALS, vmWords } from '../vm-positionals.js';
import type { JsonResults } from '../json-results.js';

export const topCommand: Command = {
  command: 'top [vms..]',
  describe: 'what VMs do: CPU, memory, disk, network; of all slices, or with --slice of one',
  positionals: VM_POSITIONALS,
  options: {
    once: { type: 'boolean', default: false, describe: 'one sample, then end' },
    interval: { type: 'string', default: '2', requiresArg: true, describe: 'time between samples (seconds, or 500ms)' },
  },
  examples: [['$0 -s 1 top --once --json', 'one sample for a program']],
  async run(args, context) {
    const words = vmWords(args);
    if (words.length > 0 && args.slice === undefined) {
      throw new VirtbsError('usage', 'top: VMs are named without their slice', { hint: 'say which: --slice 1' });
    }
    const slice = args.slice === undefined ? undefined : parseSlice(args.slice);
    const interval = parseDuration('--interval', String(args['interval']));
    const [{ resolveRoot }, { openChosenDriver }, { top }, { renderTop }] = await Promise.all([
      import('../resolve-root.js'),
      import('../open-chosen-driver.js'),
      import('../../slice/top.js'),
      import('../render/top.js'),
    ]);
    const root = await resolveRoot(args, context);
    await using driver = await openChosenDriver(args, context, { root });
    if (args['once'] !== true) context.expectInterrupt();
    const verb = { emit: () => undefined, signal: context.signal };
    const lasting = args.json || args['once'] === true || context.stdout.isTTY !== true;
    using drawing = lasting ? undefined : await createDrawing(context);
    for await (const sample of top({ driver, slice, words, interval }, verb)) {
      if (drawing) drawing.draw(renderTop(sample));
      else
        context.stdout.write(
          args.json ? `${JSON.stringify(sample satisfies JsonResults['top'])}\n` : renderTop(sample),
        );
      if (args['once'] === true) return;
    }
  },
};

interface Drawing extends Disposable {
  readonly draw: (text: string) => void;
}

/** Samples in place of each other; the last one stays. */
async function createDrawing({ stdout }: CommandContext): Promise<Drawing> {
  const { createLogUpdate } = await import('log-update');
  const drawing = createLogUpdate(stdout as NodeJS.WriteStream, { showCursor: true });
  return { draw: drawing, [Symbol.dispose]: () => drawing.done() };
}
