import { constants, createWriteStream } from 'node:fs';
import { copyFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import type { VirtbsEvent } from '../events.js';
import { makeReadableDirectory } from '../files/make-readable-directory.js';
import { failedBuildLogPath } from '../filenames.js';
import { plainText } from '../text/plain-text.js';

export interface BuildLogOptions {
  readonly root: string;
  readonly slot: string;
  /** The path of the log while the image is made. */
  readonly path: string;
  readonly emit: (event: VirtbsEvent) => void;
  /** Bytes of the log, after which no more is written to it; 64 MiB where not given. */
  readonly most?: number;
}

/** The output while an image is made: each line is an event, a line of the log, and remembered for a failure. */
export interface BuildLog extends AsyncDisposable {
  /** Escape sequences and control characters are taken out. */
  readonly write: (line: string) => void;
  /** The last lines that have words in them. */
  readonly lastLines: () => readonly string[];
  /** Copies the log to where those of failed builds are, and returns its path there; null where that fails. */
  readonly keep: () => Promise<string | null>;
}

const LAST_LINES = 12;
/** The most bytes of a log. A script may print for ever, and the disk is shared. */
const MOST_BYTES = 64 * 1024 ** 2;

export function openBuildLog({ root, slot, path, emit, most = MOST_BYTES }: BuildLogOptions): BuildLog {
  const stream = createWriteStream(path, { mode: 0o644 });
  // A log that cannot be written, for want of space, is no reason to stop; the disk will say so itself.
  stream.on('error', () => undefined);
  const last: string[] = [];
  let bytes = 0;
  const writeLine = (line: string): void => {
    if (bytes > most) return;
    bytes += Buffer.byteLength(line) + 1;
    stream.write(bytes > most ? '[virtbs: the rest is left out here]\n' : `${line}\n`);
  };
  const close = async (): Promise<void> => {
    stream.end();
    await finished(stream).catch(() => undefined);
  };
  return {
    write(text) {
      const line = plainText(text);
      writeLine(line);
      emit({ type: 'image-log', slot, line });
      if (line.trim() === '') return;
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
    },
    lastLines: () => [...last],
    async keep() {
      await close();
      const kept = failedBuildLogPath(root, slot, new Date());
      try {
        if ((await stat(path)).size === 0) return null;
        await makeReadableDirectory(dirname(kept));
        await copyFile(path, kept, constants.COPYFILE_EXCL);
        return kept;
      } catch {
        return null;
      }
    },
    [Symbol.asyncDispose]: close,
  };
}
