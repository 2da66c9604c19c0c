import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * When disposed, closes the standard streams that were a terminal and are none any more, since it was closed: at its end Node sets the
 * modes of terminals back, and aborts where that fails.
 */
export function leaveLostTerminals(): Disposable {
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  return {
    [Symbol.dispose]() {
      for (const descriptor of terminals) if (!isatty(descriptor)) closeSync(descriptor);
    },
  };
}
