import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';

/** The bytes of a file, or what answers instead. */
export type Resource = Buffer | string | ((request: IncomingMessage, response: ServerResponse) => void | Promise<void>);

export interface ImageServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** Paths in the order they were asked for. */
  readonly requests: string[];
  /** What is served from now on, by path. */
  readonly resources: Record<string, Resource>;
  close(): Promise<void>;
}

/** A real HTTP server on loopback; what it has no resource for is 404. */
export async function startImageServer(resources: Record<string, Resource> = {}): Promise<ImageServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    const resource = resources[path];
    if (typeof resource === 'function') return void resource(request, response);
    if (resource === undefined) return void response.writeHead(404).end('nothing here');
    response.writeHead(200, { 'content-length': Buffer.byteLength(resource) }).end(resource);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const close = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, port, requests, resources, close, [Symbol.asyncDispose]: close };
}
