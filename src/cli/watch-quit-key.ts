import type { CommandContext } from './command.js';

/** Ctrl-C, which a terminal that gives single keys does not turn into a signal. */
const INTERRUPT = '\u0003';

export interface QuitKey extends Disposable {
  /** Aborted when `q` or Ctrl-C is typed. */
  readonly signal: AbortSignal;
}

/** Has the terminal give single keys until it is disposed of, and watches for the one that ends a display. */
export function watchQuitKey({ stdin }: Pick<CommandContext, 'stdin'>): QuitKey {
  const quit = new AbortController();
  const { signal } = quit;
  if (stdin.isTTY !== true || !stdin.setRawMode) return { signal, [Symbol.dispose]: () => undefined };
  const onData = (keys: Buffer | string): void => {
    if (/[qQ]/.test(String(keys)) || String(keys).includes(INTERRUPT)) quit.abort();
  };
  stdin.setRawMode(true);
  stdin.on('data', onData);
  return {
    signal,
    [Symbol.dispose]() {
      stdin.off('data', onData);
      stdin.pause();
      stdin.setRawMode?.(false);
    },
  };
}
