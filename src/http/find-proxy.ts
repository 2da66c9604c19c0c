import { basicAuthorization } from './basic-authorization.js';
import { portOf } from './port-of.js';
import { ProxyError } from './network-failure.js';
import { skipsProxy } from './skips-proxy.js';

export interface Proxy {
  /** The origin without user name and password. */
  readonly origin: string;
  /** The header `Proxy-Authorization`. */
  readonly authorization: string | undefined;
  /** The variable that names it. */
  readonly variable: string;
  /** The name in messages: `the proxy 10.0.0.1:3128 (https_proxy)`. */
  readonly label: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The HTTP proxy for a URL, by the variables that OpenStack's own tools go by: `http_proxy`, `https_proxy` and `no_proxy`, and
 * the same in capitals where those are not set. An empty one is none.
 *
 * @throws ProxyError where the variable holds no address of one
 */
export function findProxy(url: URL, environment: Environment): Proxy | undefined {
  const variable = chosen(url.protocol === 'https:' ? 'https_proxy' : 'http_proxy', environment);
  const value = environment[variable];
  const noProxy = environment[chosen('no_proxy', environment)] ?? '';
  return value === undefined || value === '' || skipsProxy(url, noProxy) ? undefined : parseProxy(value, variable);
}

function chosen(name: string, environment: Environment): string {
  const capitals = name.toUpperCase();
  if (environment[name] !== undefined || environment[capitals] === undefined) return name;
  // A web server sets HTTP_PROXY for what it runs to what any client of it likes: CVE-2016-5385.
  return capitals === 'HTTP_PROXY' && environment['REQUEST_METHOD'] !== undefined ? name : capitals;
}

/** Nothing of the value is shown where it is no address: it may hold a password, and where that ends cannot be known. */
function parseProxy(value: string, variable: string): Proxy {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  try {
    if (url?.protocol === 'http:' || url?.protocol === 'https:') {
      const label = `the proxy ${url.hostname}:${portOf(url)} (${variable})`;
      return { origin: url.origin, authorization: basicAuthorization(url), variable, label };
    }
  } catch {
    // A password with a % that is not that of an encoded sign.
  }
  throw new ProxyError({
    reason: `${variable} holds no address of an HTTP proxy`,
    hint: `write ${variable}=http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, special signs as %HEX`,
    again: 'never',
    sent: false,
  });
}
