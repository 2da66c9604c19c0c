import { describeMetrics } from './describe-metrics.js';
import { serveOnLoopback, type LoopbackServer } from './serve-on-loopback.js';
import type { Store } from './store/store.js';

/** Serves measurements for Prometheus at `/metrics` of 127.0.0.1. @param port 0 for any free one */
export async function serveMetrics(
  store: Pick<Store, 'all' | 'first' | 'dialect'>,
  port: number,
): Promise<LoopbackServer> {
  return await serveOnLoopback(port, 'ci.metrics', (request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || request.url?.split('?')[0] !== '/metrics') return void response.writeHead(isRead ? 404 : 405).end();
    describeMetrics(store).then(
      (text) => response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      () => response.writeHead(500).end(),
    );
  });
}
