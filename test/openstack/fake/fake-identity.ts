import { randomUUID } from 'node:crypto';
import { FakeRefusal, mapAt, textAt, type FakeAnswer, type FakeRequest, type FakeRoute } from './fake-request.js';

export interface FakeUser {
  readonly id: string;
  readonly name: string;
  readonly password: string;
  readonly project: { readonly id: string; readonly name: string };
}

interface IssuedToken {
  readonly user: FakeUser;
  /** By the clock of the process; milliseconds. */
  readonly expires: number;
}

const DOMAIN = { id: 'default', name: 'Default' };

/** Keystone in memory: two users with a project each, tokens, application credentials. */
export class FakeIdentity {
  readonly users: FakeUser[] = ['demo', 'other'].map((name) => ({
    id: randomUUID().replaceAll('-', ''),
    name,
    password: `${name}-password`,
    project: { id: randomUUID().replaceAll('-', ''), name },
  }));

  /** Milliseconds that a new token is good for. */
  tokenLife = 3_600_000;
  /** How far the clock of the cloud is ahead of ours; milliseconds. */
  clockSkew = 0;
  readonly credentials: { id: string; name: string; secret: string; user: FakeUser }[] = [];
  readonly tokens = new Map<string, IssuedToken>();
  readonly #catalog: (project: string) => unknown;

  constructor(catalog: (project: string) => unknown) {
    this.#catalog = catalog;
  }

  /** A further user of a project that there is. */
  addUser(name: string, projectName: string): void {
    const project = this.users.map((user) => user.project).find((known) => known.name === projectName);
    if (!project) throw new Error(`there is no project ${projectName}`);
    this.users.push({ id: randomUUID().replaceAll('-', ''), name, password: `${name}-password`, project });
  }

  /** Makes all tokens worthless, as an operator or a lost database does. */
  revokeAll(): void {
    this.tokens.clear();
  }

  /** The owner of a token that is good. */
  check(token: string | undefined): FakeUser | undefined {
    const issued = this.tokens.get(token ?? '');
    return issued && performance.now() < issued.expires ? issued.user : undefined;
  }

  routes(): readonly FakeRoute[] {
    const path = /^\/users\/([^/]+)\/application_credentials$/;
    return [
      ['POST', /^\/auth\/tokens$/, (request) => this.#issue(request)],
      ['POST', path, (request) => this.#addCredential(request)],
      [
        'DELETE',
        /^\/users\/([^/]+)\/application_credentials\/([^/]+)$/,
        (_, user, id) => this.#removeCredential(user, id),
      ],
    ];
  }

  #issue({ body }: FakeRequest): FakeAnswer {
    const auth = mapAt(body, 'auth');
    const [user, scope, expires] = this.#identify(mapAt(auth, 'identity'), mapAt(auth, 'scope'));
    const project = mapAt(scope, 'project');
    const wanted = textAt(project, 'id') ?? textAt(project, 'name');
    if (wanted !== undefined && wanted !== user.project.id && wanted !== user.project.name) throw unauthorized();
    const token = `gAAAA${randomUUID().replaceAll('-', '')}${randomUUID().replaceAll('-', '')}`;
    this.tokens.set(token, { user, expires });
    const now = Date.now() + this.clockSkew;
    const iso = (time: number): string => new Date(time).toISOString().replace('Z', '000Z');
    return {
      status: 201,
      headers: { 'x-subject-token': token },
      body: {
        token: {
          methods: mapAt(auth, 'identity')['methods'],
          user: { id: user.id, name: user.name, domain: DOMAIN, password_expires_at: null },
          issued_at: iso(now),
          expires_at: iso(now + expires - performance.now()),
          ...(wanted !== undefined && {
            project: { ...user.project, domain: DOMAIN },
            roles: [{ id: '1', name: 'member' }],
            catalog: this.#catalog(user.project.id),
          }),
        },
      },
    };
  }

  #identify(
    identity: Record<string, unknown>,
    scope: Record<string, unknown>,
  ): [user: FakeUser, scope: Record<string, unknown>, expires: number] {
    const [method] = identity['methods'] as string[];
    const fresh = performance.now() + this.tokenLife;
    if (method === 'token') {
      const issued = this.tokens.get(textAt(mapAt(identity, 'token'), 'id') ?? '');
      if (!issued || performance.now() >= issued.expires) throw refuse(404, 'Could not find token.', 'Not Found');
      return [issued.user, scope, issued.expires];
    }
    if (method === 'application_credential') {
      const given = mapAt(identity, 'application_credential');
      const owner = this.#user(mapAt(given, 'user'));
      const found = this.credentials.find(
        ({ id, name, user }) => id === given['id'] || (name === given['name'] && user === owner),
      );
      if (!found || found.secret !== given['secret']) throw unauthorized();
      return [found.user, { project: { id: found.user.project.id } }, fresh];
    }
    const given = mapAt(mapAt(identity, 'password'), 'user');
    const user = this.#user(given);
    if (!user || user.password !== given['password']) throw unauthorized();
    return [user, scope, fresh];
  }

  #user(given: Record<string, unknown>): FakeUser | undefined {
    const domain = mapAt(given, 'domain');
    const known = textAt(domain, 'id') === DOMAIN.id || textAt(domain, 'name') === DOMAIN.name;
    return this.users.find(({ id, name }) => id === given['id'] || (known && name === given['name']));
  }

  #addCredential({ body, userId }: FakeRequest): FakeAnswer {
    const user = this.users.find(({ id }) => id === userId);
    if (!user) throw refuse(403, 'You are not authorized to perform the requested action.', 'Forbidden');
    const name = textAt(mapAt(body, 'application_credential'), 'name') ?? '';
    const credential = { id: randomUUID().replaceAll('-', ''), name, secret: randomUUID(), user };
    this.credentials.push(credential);
    const { user: _, ...shown } = credential;
    return { status: 201, body: { application_credential: { ...shown, project_id: user.project.id } } };
  }

  #removeCredential(user: string | undefined, id: string | undefined): FakeAnswer {
    const index = this.credentials.findIndex((credential) => credential.id === id && credential.user.id === user);
    if (index < 0) throw refuse(404, `Could not find Application Credential: ${id}.`, 'Not Found');
    this.credentials.splice(index, 1);
    return { status: 204 };
  }
}

function unauthorized(): FakeRefusal {
  return refuse(401, 'The request you have made requires authentication.', 'Unauthorized');
}

function refuse(code: number, message: string, title: string): FakeRefusal {
  return new FakeRefusal(code, { error: { code, message, title } });
}
