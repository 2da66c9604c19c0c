import { STATUS_CODES } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Proxy } from './find-proxy.js';
import { networkFailure } from './network-failure.js';
import { ProxyError } from './network-failure.js';

/**
 * Has requests, or those for a tunnel (`CONNECT`), over connections to a proxy fail with a {@link ProxyError} where it is the
 * proxy that fails, and not what lies behind it.
 *
 * @param target what is reached through it
 */
export function throughProxy(proxy: Proxy, target: URL): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (request, handler) => dispatch(request, watch(handler, { proxy, target }));
}

interface Way {
  readonly proxy: Proxy;
  readonly target: URL;
}

function watch(handler: Dispatcher.DispatchHandler, way: Way): Dispatcher.DispatchHandler {
  let answered = false;
  return {
    onRequestStart: (controller, context: unknown) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade(controller, status, headers, socket) {
      if (status === 200) return handler.onRequestUpgrade?.(controller, status, headers, socket);
      socket.destroy();
      handler.onResponseError?.(controller, refusal(status, way));
    },
    onResponseStart(controller, status, headers, phrase) {
      answered = true;
      if (isOfProxy(status, headers)) throw refusal(status, way);
      handler.onResponseStart?.(controller, status, headers, phrase);
    },
    onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError(controller, error) {
      handler.onResponseError?.(controller, answered ? error : lost(error, way));
    },
  };
}

/** A server can answer 502 and 504 itself where it is a gateway; 503 is a server's unless Squid says that it is its own. */
function isOfProxy(status: number, headers: Readonly<Record<string, unknown>>): boolean {
  return status === 407 || status === 502 || status === 504 || (status === 503 && 'x-squid-error' in headers);
}

function refusal(status: number, { proxy, target }: Way): ProxyError {
  if (status === 407) {
    const wanted = proxy.authorization === undefined ? 'wants a user name and password' : 'does not take the password';
    return new ProxyError({
      reason: `${proxy.label} ${wanted}: 407 ${STATUS_CODES[407]}`,
      hint: `write ${proxy.variable}=http://USER:PASSWORD@HOST:PORT, special signs as %HEX`,
      again: 'never',
      sent: false,
    });
  }
  return new ProxyError({
    reason: `${proxy.label} answered ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd(),
    hint: `it cannot or may not reach ${target.host}; what needs no proxy belongs into no_proxy`,
    again: status >= 500 ? 'soon' : 'never',
    sent: target.protocol === 'http:',
  });
}

function lost(error: Error, { proxy, target }: Way): ProxyError {
  const failure = networkFailure(error, { host: proxy.label, hostname: proxy.label });
  return new ProxyError({
    reason: failure?.reason ?? `${proxy.label}: ${error.message.trim()}`,
    hint: `correct ${proxy.variable}, or add ${target.hostname} to no_proxy`,
    again: failure?.again ?? 'never',
    sent: target.protocol === 'http:' && (failure?.sent ?? true),
  });
}
