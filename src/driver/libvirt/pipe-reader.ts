import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';

/** Characters after which a line is taken for ended. */
const LONGEST = 64 * 1024;

/** The end of a named pipe that is read; it is open from the beginning, so that nothing written is lost. */
export interface PipeReader extends Disposable {
  /** Lines as they come, until the last writer has closed its end, or this one is disposed. */
  readonly lines: AsyncIterable<string>;
}

/** Opens a named pipe to read; nobody needs to have it open for writing yet. @throws an error of the file system */
export function openPipeReader(path: string): PipeReader {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const socket = new Socket({ fd, readable: true, writable: false });
  return { lines: splitLines(socket), [Symbol.dispose]: () => void socket.destroy() };
}

async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length < LONGEST) continue;
    yield rest;
    rest = '';
  }
  if (rest !== '') yield rest;
}
