import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import * as z from 'zod';
import type { VirtbsEvent } from '../../events.js';
import { LineSplitter } from '../../process/line-splitter.js';
import { VirtbsError } from '../../errors.js';
import { CI_EVENTS } from '../../config/ci-settings.js';
import type { ChangeEvent } from '../change-event.js';
import type { EventSource } from '../event-source.js';

/** Characters of a line. */
const LONGEST_LINE = 4 * 1024 * 1024;

const text = z.string().max(1_000_000);

/** An event as others write it, as JSON on one line. What is not known is left out. */
export const changeEventSchema = z.object({
  id: z.string().min(1).max(500),
  kind: z.enum(CI_EVENTS),
  project: z.string().min(1).max(500),
  branch: z.string().max(500),
  change: z
    .object({
      number: z.number().int(),
      id: text.optional(),
      url: text.optional(),
      subject: text.optional(),
      topic: text.optional(),
    })
    .optional(),
  patchSet: z.object({ number: z.number().int(), revision: text, ref: text, uploader: text.optional() }).optional(),
  revision: text.optional(),
  author: text.optional(),
  comment: text.optional(),
  files: z.array(text).optional(),
  at: z.iso.datetime({ offset: true }),
});

export interface FileSourceOptions {
  /** The path of a file or a pipe; `-` for the standard input. */
  readonly path: string;
  readonly stdin: NodeJS.ReadableStream;
  readonly emit: (event: VirtbsEvent) => void;
}

/** Events of a file, a pipe or the standard input, one a line, as JSON. A line that is none is a warning. */
export function fileSource({ path, stdin, emit }: FileSourceOptions): EventSource {
  const name = path === '-' ? 'stdin' : path;
  return {
    name,
    async *events({ signal }) {
      const stream = path === '-' ? (stdin as Readable) : createReadStream(path);
      const stop = (): void => void stream.destroy();
      signal.addEventListener('abort', stop, { once: true });
      const splitter = new LineSplitter(LONGEST_LINE);
      let number = 0;
      const read = function* (lines: readonly string[]): Generator<ChangeEvent> {
        for (const line of lines) {
          number += 1;
          if (line.trim() === '') continue;
          const event = readChangeEvent(line);
          if ('problem' in event) emit({ type: 'warning', message: `${name}:${number}: ${event.problem}` });
          else yield event;
        }
      };
      try {
        for await (const chunk of stream as AsyncIterable<Uint8Array | string>) {
          yield* read(splitter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
        }
        yield* read(splitter.end());
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof Error && 'code' in error && 'path' in error)) throw error;
        throw new VirtbsError('file-unreadable', `${name}: events cannot be read: ${error.message}`, { cause: error });
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
  };
}

/** Reads one event. */
export function readChangeEvent(line: string): ChangeEvent | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { problem: 'the line is no JSON' };
  }
  const parsed = changeEventSchema.safeParse(value);
  if (parsed.success) return parsed.data as ChangeEvent;
  const [issue] = parsed.error.issues;
  return { problem: `the line is no event: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` };
}
