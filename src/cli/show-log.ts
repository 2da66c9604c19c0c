import type { Driver } from '../driver/types.js';
import type { Console } from '../slice/find-console.js';
import type { LogOptions } from '../slice/read-log.js';
import type { CommandContext } from './command.js';

export interface ShowLogOptions extends Omit<LogOptions, 'signal'> {
  /** The driver that reads the console; undefined where the console is in its file. */
  readonly reader: Driver | undefined;
}

/** Prints what a VM has written to its serial console. */
export async function showLog(found: Console, options: ShowLogOptions, context: CommandContext): Promise<void> {
  const { stdout } = context;
  const { consoleText } = await import('./render/console-text.js');
  if (options.follow) {
    context.expectInterrupt();
    await context.endWithReader();
  }
  const show = stdout.isTTY === true ? consoleText : (bytes: Uint8Array) => bytes;
  for await (const chunk of await openLog(found, options, context)) stdout.write(show(chunk));
}

async function openLog(
  found: Console,
  { reader, ...options }: ShowLogOptions,
  { stderr, signal }: CommandContext,
): Promise<AsyncIterable<Uint8Array>> {
  if (!reader) {
    const { readLog } = await import('../slice/read-log.js');
    return readLog(found.path, { ...options, signal });
  }
  const [{ fetchLog }, { createLineReporter }] = await Promise.all([
    import('../slice/fetch-log.js'),
    import('./render/line-reporter.js'),
  ]);
  const { emit } = createLineReporter(stderr, 'normal');
  return fetchLog(found, { ...options, driver: reader }, { emit, signal });
}
