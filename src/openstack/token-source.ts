import * as z from 'zod';
import { VirtbsError } from '../errors.js';
import { catalogSchema, type Catalog } from './catalog.js';
import type { CloudSettings } from './cloud-settings.js';
import { isCloudError } from './cloud-error.js';
import type { Answer } from './exchange.js';
import type { Secrets } from '../secrets.js';
import { signInBody } from './sign-in-body.js';

const named = z.object({ id: z.string(), name: z.string() });

export const tokenSchema = z.object({
  token: z.object({
    issued_at: z.string().optional(),
    expires_at: z.string(),
    user: named,
    project: named.optional(),
    catalog: catalogSchema.default([]),
  }),
});

export interface Token {
  readonly secret: string;
  readonly user: z.infer<typeof named>;
  readonly project: z.infer<typeof named>;
  readonly catalog: Catalog;
}

export interface TokenSourceOptions {
  readonly settings: CloudSettings;
  readonly secrets: Secrets;
  /** Posts a body to /auth/tokens and gives the answer, which is one of `schema`. */
  readonly post: (body: unknown) => Promise<{ readonly answer: Answer; readonly value: z.infer<typeof tokenSchema> }>;
}

/** A token is renewed this long before it expires, or at three quarters of a life that is short; milliseconds. */
const MARGIN = 120_000;

/** Tokens of one project: signs in once for all who ask at once, and again before the token expires. */
export class TokenSource {
  readonly #options: TokenSourceOptions;
  #current: { readonly token: Promise<Token>; renewAt: number } | undefined;

  constructor(options: TokenSourceOptions) {
    this.#options = options;
  }

  /** @throws VirtbsError `cloud-sign-in`, `cloud-unreachable`, `cancelled` */
  token(): Promise<Token> {
    const current = this.#current;
    return current && performance.now() < current.renewAt ? current.token : this.#renew();
  }

  /** A token other than this one, which a service did not take. */
  tokenAfter(refused: Token): Promise<Token> {
    return this.#isCurrent(refused).then((isCurrent) => (isCurrent ? this.#renew() : this.token()));
  }

  async #isCurrent(token: Token): Promise<boolean> {
    return (await this.#current?.token)?.secret === token.secret;
  }

  #renew(): Promise<Token> {
    const start = performance.now();
    const current = {
      token: this.#signIn((life) => (current.renewAt = start + life)),
      renewAt: Number.POSITIVE_INFINITY,
    };
    this.#current = current;
    current.token.catch(() => {
      if (this.#current === current) this.#current = undefined;
    });
    return current.token;
  }

  async #signIn(expire: (milliseconds: number) => void): Promise<Token> {
    const { settings, secrets, post } = this.#options;
    const { answer, value } = await post(signInBody(settings)).catch((error: unknown) => {
      throw describeFailure(error, settings);
    });
    const { issued_at: issued, expires_at: expires, user, project, catalog } = value.token;
    const secret = answer.headers.get('x-subject-token');
    if (secret === null)
      throw refusal(settings, 'the answer has no token', 'see whether the auth url is the one of keystone');
    secrets.add(secret);
    if (!project) throw refusal(settings, 'no project is named, and the user has no default one', PROJECT_HINT);
    // Reckoned by the clock of the cloud, which need not be ours.
    const life = Date.parse(expires) - (issued === undefined ? Date.now() : Date.parse(issued));
    if (!Number.isNaN(life)) expire(Math.max(life - MARGIN, life * 0.75));
    return { secret, user, project, catalog };
  }
}

const PROJECT_HINT =
  'set project_name and project_domain_name of the cloud in clouds.yaml, or OS_PROJECT_NAME and OS_PROJECT_DOMAIN_NAME';

function refusal({ name }: CloudSettings, what: string, hint: string, cause?: unknown): VirtbsError {
  return new VirtbsError('cloud-sign-in', `${name}: ${what}`, { hint, cause });
}

/** Keystone answers 404 for a token that it does not know. */
function describeFailure(error: unknown, settings: CloudSettings): unknown {
  const { credentials, source, authUrl } = settings;
  if (!isCloudError(error)) return error;
  const refused =
    error.status === 401 || error.status === 403 || (error.status === 404 && credentials.kind === 'token');
  if (refused) {
    const what = `the cloud does not take ${WHO[credentials.kind]}: ${error.reason ?? error.message}`;
    return refusal(settings, what, hintFor(source, credentials.kind), error);
  }
  const elsewhere = (error.status >= 300 && error.status < 400) || error.status === 404 || error.status === 405;
  if (!elsewhere) return error;
  return refusal(settings, `there is no keystone of version 3 at ${authUrl}`, 'see auth_url, or OS_AUTH_URL', error);
}

const WHO = {
  password: 'the user and password',
  token: 'the token',
  'application-credential': 'the application credential',
} as const;

function hintFor(source: string, kind: keyof typeof WHO): string {
  return kind === 'token'
    ? `see ${source}: a token is good for some hours only; openstack token issue -f value -c id gives a new one`
    : `see ${source}: names, secret and domains; the project must be one that the user has a role in`;
}
