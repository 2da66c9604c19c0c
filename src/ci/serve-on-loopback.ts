import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { VirtbsError } from '../errors.js';

export interface LoopbackServer extends AsyncDisposable {
  /** `http://127.0.0.1:8080/` */
  readonly url: string;
}

/** The name that a client gives the server. A page of elsewhere could give a name of its own the address of this machine. */
const OUR_NAME = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

/**
 * Serves HTTP on 127.0.0.1, for requests to this machine's own names alone; any other gets 421.
 *
 * @param port 0 for any free one
 * @param setting what says the port, for errors: `--port`
 * @throws VirtbsError `usage` where the port cannot be had
 */
export async function serveOnLoopback(port: number, setting: string, answer: RequestListener): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    if (OUR_NAME.test(request.headers.host ?? '')) answer(request, response);
    else response.writeHead(421, { 'Content-Type': 'text/plain' }).end('421\n');
  });
  server.listen(port, '127.0.0.1');
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject)).catch(
    (cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new VirtbsError('usage', `${setting} ${port}: ${reason}`, { hint: 'give another port', cause });
    },
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
