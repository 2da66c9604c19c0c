import { Agent, Pool, ProxyAgent, type Dispatcher } from 'undici';
import { findProxy, type Proxy } from './find-proxy.js';
import { throughProxy } from './through-proxy.js';

export interface ConnectionOptions {
  /** The environment; its variables say which proxies are used: see {@link findProxy}. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whom to trust and who we are, in PEM. */
  readonly tls?: {
    readonly rejectUnauthorized: boolean;
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string | undefined;
  };
  /** Milliseconds without a sign of the server, before its answer and within; 0 for no limit. */
  readonly idle: number;
}

/** Connections stay open this long for the next request; servers usually close them after 5 s. */
const KEEP_ALIVE_MILLISECONDS = 4000;
const CONNECT_MILLISECONDS = 15_000;
/** The limit for a proxy to reach what lies behind it. */
const TUNNEL_MILLISECONDS = 60_000;

/**
 * Connections of our own, kept open between requests and through the proxies that the environment names, which Node's own
 * `fetch` leaves alone. Where it is the proxy that fails, a request fails with a `ProxyError`.
 *
 * Not undici's `EnvHttpProxyAgent`: it takes `http_proxy` for https too, and of a proxy that fails it says only that a request
 * was aborted.
 */
export function openConnections({ environment, tls, idle }: ConnectionOptions): Dispatcher {
  const options = {
    keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
    headersTimeout: idle,
    bodyTimeout: idle,
    connect: { timeout: CONNECT_MILLISECONDS, ...tls },
  };
  return new Agent({
    factory(origin) {
      const target = new URL(origin);
      const proxy = findProxy(target, environment);
      if (!proxy) return new Pool(origin, options);
      return target.protocol === 'https:'
        ? openTunnels(target, proxy, options)
        : openForwarding(target, proxy, options);
    },
  });
}

function openTunnels(target: URL, proxy: Proxy, { connect, ...options }: Pool.Options): Dispatcher {
  const toProxy = { headersTimeout: TUNNEL_MILLISECONDS, connect: { timeout: CONNECT_MILLISECONDS } };
  return new ProxyAgent({
    ...options,
    uri: proxy.origin,
    ...(proxy.authorization !== undefined && { token: proxy.authorization }),
    ...(typeof connect === 'object' && { requestTls: connect }),
    clientFactory: () => new Pool(proxy.origin, toProxy).compose(throughProxy(proxy, target)),
  });
}

/**
 * Opens connections that ask the proxy for the whole URL, without TLS (RFC 9112, section 3.2.2): many proxies build tunnels
 * to port 443 only.
 */
function openForwarding(target: URL, proxy: Proxy, options: Pool.Options): Dispatcher {
  const { authorization } = proxy;
  const pool = new Pool(proxy.origin, { ...options, connect: { timeout: CONNECT_MILLISECONDS } });
  return pool.compose(throughProxy(proxy, target), (dispatch) => (request, handler) => {
    const headers = {
      ...(request.headers as Record<string, string>),
      host: target.host,
      ...(authorization !== undefined && { 'proxy-authorization': authorization }),
    };
    return dispatch({ ...request, origin: proxy.origin, path: `${target.origin}${request.path}`, headers }, handler);
  });
}
