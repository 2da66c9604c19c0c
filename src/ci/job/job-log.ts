import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { VirtbsEvent } from '../../events.js';
import { visibleText } from '../../text/visible-text.js';

/** Bytes of a log; what comes then is counted. */
const MOST = 64 * 1024 * 1024;

/** The log of a run as a file of lines, each with its time in UTC. A further attempt goes on in the same file. */
export interface JobLog extends AsyncDisposable {
  readonly path: string;
  line(text: string): void;
  /** Writes what is worth to be read of what a verb says. */
  readonly event: (event: VirtbsEvent) => void;
}

/** Opens the log of a run in its folder, which is made. @param tell told each line, too */
export async function openJobLog(folder: string, tell: (line: string) => void = () => undefined): Promise<JobLog> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const path = join(folder, 'job.log');
  const stream: WriteStream = createWriteStream(path, { flags: 'a', mode: 0o644 });
  let failure: Error | undefined;
  let written = 0;
  let omitted = 0;
  // A full disk is no reason to end a job: what it came to is in the database.
  stream.on('error', (error) => {
    failure = error;
  });
  const line = (text: string): void => {
    if (failure) return;
    const shown = visibleText(text);
    tell(shown);
    const bytes = `${new Date().toISOString()} ${shown}\n`;
    if (written > MOST) omitted += 1;
    else stream.write(bytes);
    written += bytes.length;
  };
  return {
    path,
    line,
    event(event) {
      const words = describe(event);
      if (words !== undefined) line(words);
    },
    async [Symbol.asyncDispose]() {
      if (omitted > 0 && !failure) stream.write(`${omitted} more lines are left out\n`);
      stream.end();
      await finished(stream).catch(() => undefined);
    },
  };
}

function describe(event: VirtbsEvent): string | undefined {
  switch (event.type) {
    case 'phase-end':
      return `${event.phase}: ${event.milliseconds} ms`;
    case 'vm':
      return event.phase === 'ready' ? `${event.hostname}: ready` : undefined;
    case 'task': {
      if (event.state === 'skipped') return undefined;
      return `task ${event.task} on ${event.vm ?? 'this machine'}: ${event.state}${event.why === null ? '' : `: ${event.why}`}`;
    }
    case 'note':
      return event.message;
    case 'warning':
      return `warning: ${event.message}`;
    case 'lock-wait':
      return `waits for ${event.what}: ${event.holder}`;
    case 'image-start':
      return `image ${event.slot}: ${event.action}`;
    case 'image-ready':
      return `image ${event.slot}: ready`;
    case 'phase-start':
    case 'vm-power':
    case 'vm-gone':
    case 'image-progress':
    case 'image-log':
    case 'request':
    case 'debug':
      return undefined;
  }
}
