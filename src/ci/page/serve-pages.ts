import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { serveOnLoopback, type LoopbackServer } from '../serve-on-loopback.js';
import { POLICY } from './layout.js';
import { PAGE_NAMES } from './page-names.js';

/** Our pages; any other file is text, whatever a run named it. */
const PAGE = /^(?:index\.html|tests\/[\w-]+\.html|\d+\/index\.html|views\/\d+\/\w+\.html)$/;

/** What browsers ask for where a text, such as a log, names no icon. */
const ANY_ICON = 'favicon.ico';

const TYPES: ReadonlyMap<string, string> = new Map([
  [PAGE_NAMES.style, 'text/css; charset=utf-8'],
  [PAGE_NAMES.script, 'text/javascript; charset=utf-8'],
  [PAGE_NAMES.icon, 'image/svg+xml'],
]);

const HEADERS = {
  'Content-Security-Policy': `${POLICY}; frame-ancestors 'none'`,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
};

/** Serves the folder of pages and logs on 127.0.0.1, to be read only. @param port 0 for any free one */
export async function servePages(folder: string, port: number): Promise<LoopbackServer> {
  return await serveOnLoopback(port, '--port', (request, response) => {
    answer(folder, request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500, HEADERS);
      response.end();
    });
  });
}

async function answer(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refuse = (status: number): void =>
    void response.writeHead(status, { ...HEADERS, 'Content-Type': 'text/plain' }).end(`${status}\n`);
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405);
  const name = nameOf(request.url ?? '/');
  if (name === undefined) return refuse(404);
  const found = await openInside(folder, name);
  if (!found) return refuse(404);
  try {
    const status = await found.stat();
    if (!status.isFile()) return refuse(404);
    response.writeHead(200, {
      ...HEADERS,
      ...typeOf(name),
      'Content-Length': status.size,
      'Last-Modified': status.mtime.toUTCString(),
    });
    if (request.method === 'HEAD') return void response.end();
    await pipeline(found.createReadStream({ autoClose: false, end: Math.max(0, status.size - 1) }), response);
  } finally {
    await found.close();
  }
}

/** The path below the folder; undefined for one that leads out of it, or to what is hidden. */
function nameOf(url: string): string | undefined {
  try {
    const path = decodeURIComponent((url.split(/[?#]/)[0] ?? '').replace(/\/$/, '/index.html'));
    const parts = path.split('/').filter((part) => part !== '');
    if (parts.some((part) => part.startsWith('.') || part.includes('\0'))) return undefined;
    const name = parts.join('/');
    return name === ANY_ICON ? PAGE_NAMES.icon : name;
  } catch {
    return undefined;
  }
}

/** Opens a file to which no link leads. */
async function openInside(folder: string, name: string) {
  try {
    const root = await realpath(folder);
    const path = join(root, name);
    if ((await realpath(path)) !== path || !path.startsWith(root + sep)) return undefined;
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

function typeOf(name: string): Record<string, string> {
  if (PAGE.test(name)) return { 'Content-Type': 'text/html; charset=utf-8' };
  const type = TYPES.get(name);
  if (type !== undefined) return { 'Content-Type': type };
  // The browser unpacks it and shows it.
  const packed = extname(name) === '.gz' ? { 'Content-Encoding': 'gzip' } : {};
  return { 'Content-Type': 'text/plain; charset=utf-8', ...packed };
}
