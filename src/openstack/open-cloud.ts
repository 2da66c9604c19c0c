import { resolve } from 'node:path';
import { MACHINE_CLOCK, type Clock } from '../clock.js';
import { VirtbsError } from '../errors.js';
import type { VirtbsEvent } from '../events.js';
import { findEndpoint } from './catalog.js';
import type { Cloud, ServiceClient, ServiceType } from './cloud.js';
import type { CloudSettings } from './cloud-settings.js';
import { describeNonsense, describeRefusal } from './describe-refusal.js';
import { discoverEndpoint } from './discover-endpoint.js';
import type { Exchange, ExchangeContext } from './exchange.js';
import { openDispatcher } from './open-dispatcher.js';
import { readCloudSettings } from './read-cloud-settings.js';
import { RequestRunner } from './request-runner.js';
import { RETRY_DELAYS } from './retry-delay.js';
import { Secrets } from '../secrets.js';
import { createServiceClient } from './service-client.js';
import { SERVICE_SPECIFICATIONS } from './service-specification.js';
import { TokenSource, tokenSchema } from './token-source.js';

export interface OpenCloudOptions {
  /** The name of a cloud in clouds.yaml, instead of OS_CLOUD. */
  readonly cloud?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * The folder where clouds.yaml is looked for first, and where relative paths start; the working directory where not given.
   */
  readonly cwd?: string;
  /** Milliseconds before each further attempt of a request; their number is that of the further attempts. */
  readonly retryDelays?: readonly number[];
  /** The clock for these pauses, and for those who use the cloud; that of the machine where not given. */
  readonly clock?: Clock;
  readonly emit: (event: VirtbsEvent) => void;
  /** Ends signing in, also later on. */
  readonly signal: AbortSignal;
}

/**
 * Signs in to the cloud that clouds.yaml or `OS_*` variables tell of, as the other tools of OpenStack do.
 *
 * @throws VirtbsError `config-invalid` where they do not tell enough, `file-unreadable` for a certificate, `cloud-sign-in` where
 *   the cloud does not let us in, `cloud-unreachable` where it does not answer, `cancelled`
 */
export async function openCloud(options: OpenCloudOptions): Promise<Cloud> {
  const { environment, emit, signal, retryDelays: delays = RETRY_DELAYS, clock = MACHINE_CLOCK } = options;
  const settings = await readCloudSettings({ ...options, environment, cwd: resolve(options.cwd ?? '.') });
  const secrets = new Secrets();
  secrets.add(secretOf(settings));
  const dispatcher = await openDispatcher(settings.tls, environment);
  const context = { dispatcher, secrets, emit, delays, clock };
  const tokens = createTokenSource(settings, { ...context, signal });
  try {
    if (signal.aborted) throw new VirtbsError('cancelled', `${settings.name}: interrupted before signing in`);
    const { user, project, catalog } = await tokens.token();
    const clients = new Map<ServiceType, ServiceClient>();
    const open = (type: ServiceType): ServiceClient =>
      createServiceClient({
        ...context,
        tokens,
        type,
        cloud: settings.name,
        endpoint: findEndpoint(type, { settings, catalog, projectId: project.id }),
        projectId: project.id,
        microversion: settings.services[type].microversion,
        timeout: settings.timeout,
      });
    return {
      name: settings.name,
      projectId: project.id,
      projectName: project.name,
      userId: user.id,
      userName: user.name,
      region: settings.region,
      clock,
      service(type) {
        const client = clients.get(type) ?? open(type);
        clients.set(type, client);
        return client;
      },
      has(type) {
        try {
          findEndpoint(type, { settings, catalog, projectId: project.id });
          return true;
        } catch {
          return false;
        }
      },
      [Symbol.asyncDispose]: async () => dispatcher.destroy(),
    };
  } catch (error) {
    await dispatcher.destroy();
    throw error;
  }
}

function secretOf({ credentials }: CloudSettings): string {
  switch (credentials.kind) {
    case 'password':
      return credentials.password;
    case 'token':
      return credentials.token;
    case 'application-credential':
      return credentials.secret;
  }
}

interface SignInContext extends ExchangeContext {
  readonly delays: readonly number[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Milliseconds. */
const SIGN_IN_TIMEOUT = 60_000;

function createTokenSource(settings: CloudSettings, context: SignInContext): TokenSource {
  const { secrets, signal } = context;
  const specification = SERVICE_SPECIFICATIONS.identity;
  const runner = new RequestRunner({ ...context, concurrency: specification.concurrency, tokens: null });
  const headers = { accept: 'application/json', 'user-agent': 'virtbs' };
  const common = { service: 'identity', headers, timeout: settings.timeout ?? SIGN_IN_TIMEOUT, signal } as const;
  const ask = (url: URL) => runner.run({ ...common, method: 'GET', url, path: url.pathname }, true);
  return new TokenSource({
    settings,
    secrets,
    async post(body) {
      const endpoint = new URL(settings.authUrl);
      const { base } = await discoverEndpoint(endpoint, { specification, projectId: '', label: settings.name, ask });
      const exchange: Exchange = {
        ...common,
        method: 'POST',
        url: new URL(`${base}/auth/tokens`),
        path: '/auth/tokens',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      };
      // A token more does no harm.
      const answer = await runner.run(exchange, true);
      if (answer.status !== 201 && answer.status !== 200) throw describeRefusal(exchange, answer, secrets);
      const value = tokenSchema.safeParse(parseJson(answer.text));
      if (!value.success) throw describeNonsense(exchange, answer, 'the answer is no token of keystone');
      return { answer, value: value.data };
    },
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
