import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { Resource } from './image-server.js';

export interface RangeOptions {
  /** The entity tag as it is now. */
  readonly etag?: () => string;
  /** After how many bytes of the file the connection breaks, one response after the other; whole after the last. */
  readonly breaks?: number[];
  /** What a request for a range is answered with, instead of the range. */
  readonly refuse?: 200 | 416;
}

export interface RangeServer {
  readonly resource: Resource;
  /** The headers of each request. */
  readonly requests: IncomingHttpHeaders[];
}

/** Serves bytes as a server of files does, with ranges and conditions on them, until the connection breaks. */
export function serveRanges(bytes: Buffer, options: RangeOptions = {}): RangeServer {
  const { etag = () => '"one"', breaks = [], refuse } = options;
  const requests: IncomingHttpHeaders[] = [];
  const resource: Resource = (request, response) => {
    requests.push(request.headers);
    const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const isSame = request.headers['if-range'] === etag();
    if (asked !== undefined && refuse === 416) return void response.writeHead(416).end();
    const start = asked !== undefined && isSame && refuse === undefined ? Number(asked) : 0;
    const range = { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': bytes.length - start,
      etag: etag(),
      ...(start > 0 && range),
    });
    const end = breaks.shift();
    if (end === undefined) return void response.end(bytes.subarray(start));
    // Broken off when the bytes are out, so that most of them arrive.
    if (!response.write(bytes.subarray(start, end))) void once(response, 'drain').then(() => response.destroy());
    else response.destroy();
  };
  return { resource, requests };
}
