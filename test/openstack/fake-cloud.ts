import { once } from 'node:events';
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions as SecureServerOptions } from 'node:https';
import { randomUUID } from 'node:crypto';
import type { ServiceType } from '../../src/openstack/cloud.js';
import { FakeCompute } from './fake/fake-compute.js';
import { FakeIdentity } from './fake/fake-identity.js';
import { FakeImages } from './fake/fake-image.js';
import { FakeNetwork } from './fake/fake-network.js';
import { FakeRefusal, type FakeAnswer, type FakeRequest, type FakeRoute } from './fake/fake-request.js';
import { FakeVolumes } from './fake/fake-volume.js';

/** What happens to a request instead of what should. */
export type Fault =
  /** Another answer. */
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** The answer, as far as that text; sent as whole. */
  | { readonly cut: number }
  /** The connection is reset: before the request was carried out, or after. */
  | { readonly reset: 'before' | 'after' }
  /** No answer at all, until the client gives up. */
  | 'silence';

export interface FaultRule {
  readonly service: ServiceType;
  readonly method?: string;
  /** Behind the version. */
  readonly path?: RegExp;
  /** How often it happens; once where not given. */
  readonly times?: number;
  readonly fault: Fault;
}

export interface SeenRequest {
  readonly service: ServiceType;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly status: number | null;
}

export interface FakeCloudOptions {
  /** A certificate and its key, in PEM: then it speaks TLS. */
  readonly tls?: SecureServerOptions;
  /** Changes the catalog, an endpoint for each service by its type in catalogs. */
  readonly catalog?: (endpoints: Record<string, string>) => Record<string, string>;
}

/**
 * Five services of OpenStack Zed in memory, behind one real HTTP server on loopback: what they answer, refuse and keep
 * follows the real ones, which the same tests run on. Two users, `demo` and `other`, have a project each.
 */
export interface FakeCloud extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly identity: FakeIdentity;
  readonly compute: FakeCompute;
  readonly network: FakeNetwork;
  readonly images: FakeImages;
  readonly volumes: FakeVolumes;
  /** In the order in which they were answered. */
  readonly requests: SeenRequest[];
  /** Most requests of one service that were under way at once. */
  readonly busiest: Record<string, number>;
  /** Connections that were made to it. */
  connections: number;
  /** `OS_*` variables of a user. */
  environment(user?: string): Record<string, string>;
  /** Makes something go wrong with the next request that fits. */
  inject(rule: FaultRule): void;
  /** Takes back what is left of that. */
  clearFaults(): void;
}

const ROOTS: Readonly<Record<ServiceType, { version: string; catalogType: string }>> = {
  identity: { version: 'v3', catalogType: 'identity' },
  compute: { version: 'v2.1', catalogType: 'compute' },
  network: { version: 'v2.0', catalogType: 'network' },
  image: { version: 'v2', catalogType: 'image' },
  volume: { version: 'v3', catalogType: 'block-storage' },
};

export async function startFakeCloud(options: FakeCloudOptions = {}): Promise<FakeCloud> {
  const { tls, catalog: change = (endpoints) => endpoints } = options;
  let url = '';
  const catalog = (project: string): unknown => {
    const endpoints = change({
      identity: `${url}/identity`,
      compute: `${url}/compute/v2.1`,
      network: `${url}/network`,
      image: `${url}/image`,
      'block-storage': `${url}/volume/v3/${project}`,
    });
    return Object.entries(endpoints).map(([type, endpoint]) => ({
      id: randomUUID(),
      type,
      name: type,
      endpoints: ['public', 'internal', 'admin'].map((name) => ({
        id: randomUUID(),
        interface: name,
        region: 'RegionOne',
        region_id: 'RegionOne',
        url: endpoint,
      })),
    }));
  };
  const identity = new FakeIdentity(catalog);
  const network = new FakeNetwork();
  const images = new FakeImages();
  const volumes: FakeVolumes = new FakeVolumes(() => compute.stepMilliseconds);
  const compute: FakeCompute = new FakeCompute({ network, images, volumes });
  const routes: Readonly<Record<ServiceType, readonly FakeRoute[]>> = {
    identity: identity.routes(),
    compute: compute.routes(),
    network: network.routes(),
    image: images.routes(),
    volume: volumes.routes(),
  };
  const requests: SeenRequest[] = [];
  const busiest: Record<string, number> = {};
  const busy: Record<string, number> = {};
  const rules: (FaultRule & { left: number })[] = [];

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch {
      return; // the client has gone
    }
    const bytes = Buffer.concat(chunks);
    const target = new URL(incoming.url ?? '/', url);
    const [, first = '', ...rest] = target.pathname.split('/');
    const service = first as ServiceType;
    const root = ROOTS[service] as (typeof ROOTS)[ServiceType] | undefined;
    if (!root) return void response.writeHead(404, { 'content-type': 'text/html' }).end('<html>nothing here</html>');
    const path = `/${rest.slice(service === 'volume' ? 2 : 1).join('/')}`;
    const method = incoming.method ?? '';
    const headers = incoming.headers as Record<string, string | undefined>;
    const requestId = `req-${randomUUID()}`;

    busy[service] = (busy[service] ?? 0) + 1;
    busiest[service] = Math.max(busiest[service] ?? 0, busy[service] ?? 0);
    await new Promise((resolve) => setImmediate(resolve));
    const rule = takeRule({ service, method, path });
    const { fault } = rule ?? {};
    const breaks = typeof fault === 'object' && 'reset' in fault ? fault.reset : undefined;
    const instead = typeof fault === 'object' && 'status' in fault ? fault : undefined;
    const isVersion = rest.slice(service === 'volume' ? 2 : 1).join('') === '';
    let answer: FakeAnswer | undefined = instead;
    if (instead === undefined && breaks !== 'before' && fault !== 'silence') {
      answer = isVersion
        ? versionAnswer(service, `${url}/${service}`, rest[0] ?? '')
        : answerRequest({
            service,
            method,
            path,
            headers,
            bytes,
            query: target.searchParams,
            root: `${url}/${service}`,
          });
    }
    busy[service] = (busy[service] ?? 1) - 1;
    requests.push({ service, method, path: `${path}${target.search}`, headers, status: answer?.status ?? null });
    if (fault === 'silence') return;
    if (breaks !== undefined) return void incoming.socket.resetAndDestroy();
    const content = answer?.body;
    const isText = typeof content === 'string';
    const text = content === undefined ? '' : isText ? content : JSON.stringify(content);
    response.writeHead(answer?.status ?? 500, {
      'content-type': isText ? 'text/html' : 'application/json',
      'x-openstack-request-id': requestId,
      ...answer?.headers,
    });
    response.end(typeof fault === 'object' && 'cut' in fault ? text.slice(0, fault.cut) : text);
  };

  const takeRule = (request: Pick<FakeRequest, 'service' | 'method' | 'path'>): FaultRule | undefined => {
    const rule = rules.find(
      ({ service, method, path, left }) =>
        left > 0 &&
        service === request.service &&
        (method ?? request.method) === request.method &&
        (path?.test(request.path) ?? true),
    );
    if (rule) rule.left -= 1;
    return rule;
  };

  const answerRequest = (request: Omit<FakeRequest, 'body' | 'projectId' | 'userId'>): FakeAnswer => {
    const { service, method, path, headers, bytes } = request;
    const user = identity.check(headers['x-auth-token']);
    const isSignIn = service === 'identity' && path === '/auth/tokens';
    if (!user && !isSignIn) {
      const message = 'The request you have made requires authentication.';
      return { status: 401, body: { error: { code: 401, title: 'Unauthorized', message } } };
    }
    const refused = refuseMicroversion(service, headers);
    if (refused) return refused;
    const isJson = headers['content-type']?.startsWith('application/json') === true;
    try {
      const body = (isJson ? JSON.parse(bytes.toString()) : {}) as Record<string, unknown>;
      const whole: FakeRequest = { ...request, body, projectId: user?.project.id ?? '', userId: user?.id ?? '' };
      for (const [verb, pattern, handler] of routes[service]) {
        const match = verb === method ? pattern.exec(path) : null;
        if (match) return handler(whole, ...match.slice(1));
      }
    } catch (error) {
      if (error instanceof FakeRefusal) return error.answer;
      return { status: 500, body: { error: { code: 500, message: String(error) } } };
    }
    const message = 'The resource could not be found.<br /><br />\n\n\n';
    return { status: 404, body: { message, code: '404 Not Found', title: 'Not Found' } };
  };

  const listener = (incoming: IncomingMessage, response: ServerResponse): void => void serve(incoming, response);
  const server = tls ? createTlsServer(tls, listener) : createPlainServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `${tls ? 'https' : 'http'}://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  const cloud: FakeCloud = {
    connections: 0,
    url,
    identity,
    compute,
    network,
    images,
    volumes,
    requests,
    busiest,
    environment: (name = 'demo') => {
      const user = identity.users.find((known) => known.name === name);
      return {
        OS_AUTH_URL: `${url}/identity/v3`,
        OS_USERNAME: name,
        OS_PASSWORD: user?.password ?? '',
        OS_PROJECT_NAME: user?.project.name ?? name,
        OS_USER_DOMAIN_NAME: 'Default',
        OS_PROJECT_DOMAIN_NAME: 'Default',
        OS_REGION_NAME: 'RegionOne',
      };
    },
    inject: (rule) => void rules.push({ ...rule, left: rule.times ?? 1 }),
    clearFaults: () => void rules.splice(0),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on('connection', () => (cloud.connections += 1));
  return cloud;
}

/** What a service says of itself at its root and below each version. */
function versionAnswer(service: ServiceType, root: string, version: string): FakeAnswer {
  const links = [{ rel: 'self', href: `${root}/${ROOTS[service].version}/` }];
  const common = { status: 'CURRENT', links };
  const known = {
    identity: { ...common, id: 'v3.14' },
    compute: { ...common, id: 'v2.1', version: '2.93', min_version: '2.1' },
    network: { ...common, id: 'v2.0' },
    image: { ...common, id: 'v2.15' },
    volume: { ...common, id: 'v3.0', version: '3.70', min_version: '3.0' },
  }[service];
  if (service === 'identity') {
    return version === ''
      ? { status: 300, body: { versions: { values: [known] } } }
      : { status: 200, body: { version: known } };
  }
  if (service === 'compute' && version === '') {
    const old = {
      id: 'v2.0',
      status: 'SUPPORTED',
      version: '',
      min_version: '',
      links: [{ rel: 'self', href: `${root}/v2/` }],
    };
    return { status: 200, body: { versions: [old, known] } };
  }
  if (service === 'compute') return { status: 200, body: { version: known } };
  return { status: version === '' && service !== 'network' ? 300 : 200, body: { versions: [known] } };
}

function refuseMicroversion(service: ServiceType, headers: FakeRequest['headers']): FakeAnswer | undefined {
  const [type, version] = headers['openstack-api-version']?.split(' ') ?? [];
  const most = { compute: 93, volume: 70 }[service as string];
  if (most === undefined || version === undefined || type !== service) return undefined;
  if (Number(version.split('.')[1]) <= most) return undefined;
  const range = service === 'compute' ? 'Minimum is 2.1 and maximum is 2.93.' : 'Minimum is 3.0 and maximum is 3.70.';
  const message = `Version ${version} is not supported by the API. ${range}`;
  return { status: 406, body: { computeFault: { code: 406, message } } };
}
