import type { OutputStream } from './command.js';

export interface GuardedStream {
  /** The stream itself, but a failure never throws in the middle of the work: what is written afterwards is lost. */
  readonly stream: OutputStream;
  /** The reason why writing failed; null while it works. */
  readonly failure: Error | null;
  /** True if anything was written. */
  readonly used: boolean;
  /** Says that nobody reads any more, where that is seen before a write fails. */
  readonly lose: () => void;
  /** Resolves when failures of all that was written are known. */
  readonly settle: () => Promise<void>;
}

/**
 * Takes the failures of a standard stream: a reader that is gone, a full disk, a terminal that was closed.
 *
 * @param onFailure called once
 */
export function guardStream(
  stream: NodeJS.WriteStream,
  onFailure: (error: Error) => void = () => undefined,
): GuardedStream {
  const state: { failure: Error | null; used: boolean } = { failure: null, used: false };
  const fail = (error: unknown): void => {
    if (state.failure) return;
    state.failure = error instanceof Error ? error : new Error(String(error));
    onFailure(state.failure);
  };
  stream.on('error', fail);
  // Inherits all that terminals have: size, colors, events.
  const guarded: OutputStream = Object.create(stream, {
    write: {
      value: (...args: Parameters<NodeJS.WriteStream['write']>): boolean => {
        state.used = true;
        if (state.failure) return false;
        try {
          // Files are written at once, and a failure is thrown here.
          return stream.write(...args);
        } catch (error) {
          fail(error);
          return false;
        }
      },
    },
  });
  return {
    stream: guarded,
    get failure() {
      return state.failure;
    },
    get used() {
      return state.used;
    },
    lose: () => fail(Object.assign(new Error('nobody reads any more'), { code: 'EPIPE' })),
    async settle() {
      // A pipe is written at once, too, and tells a failure in an event of its own.
      if (state.used) await new Promise((resolve) => void setImmediate(resolve));
    },
  };
}
