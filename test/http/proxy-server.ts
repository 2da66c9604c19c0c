import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Test } from 'tap';

export interface ProxyServer {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** What was asked for: `CONNECT 127.0.0.1:443`, `GET http://127.0.0.1/`. */
  readonly requests: string[];
}

export interface ProxyOptions {
  /** `USER:PASSWORD` without which nothing passes. */
  readonly login?: string;
  /** The answer to everything. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A real HTTP proxy on loopback: it builds tunnels, and forwards requests for whole URLs. */
export async function startProxy(t: Test, { login, status, headers = {} }: ProxyOptions = {}): Promise<ProxyServer> {
  const requests: string[] = [];
  const tunnels = new Set<Socket>();
  const refusal = (request: IncomingMessage): number | undefined => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    if (login === undefined) return status;
    const expected = `Basic ${Buffer.from(login).toString('base64')}`;
    return request.headers['proxy-authorization'] === expected ? status : 407;
  };
  const server = createServer((incoming, response) => {
    const refused = refusal(incoming);
    if (refused === undefined) forward(incoming, response);
    else response.writeHead(refused, headers).end('the proxy says no');
  });
  server.on('connect', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    const refused = refusal(incoming);
    if (refused !== undefined) return void socket.end(`HTTP/1.1 ${refused} No\r\ncontent-length: 0\r\n\r\n`);
    const { hostname, port } = new URL(`http://${incoming.url ?? ''}`);
    const tunnel = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      tunnel.write(head);
      socket.pipe(tunnel).pipe(socket);
    });
    tunnels.add(tunnel);
    tunnel.on('error', () => socket.destroy());
    socket.on('close', () => tunnel.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    for (const tunnel of tunnels) tunnel.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return { host: `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`, requests };
}

function forward(incoming: IncomingMessage, response: ServerResponse): void {
  const { 'proxy-authorization': _, ...headers } = incoming.headers;
  const onward = ask(incoming.url ?? '', { method: incoming.method ?? 'GET', headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 0, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  incoming.pipe(onward);
}
