import type { CloudSettings, Credentials, Named } from './cloud-settings.js';

/** Returns the body of the request for a token. Source: https://docs.openstack.org/api-ref/identity/v3/ */
export function signInBody({ credentials, project }: Pick<CloudSettings, 'credentials' | 'project'>): unknown {
  const scope = project && { project: nameBody(project) };
  return { auth: { identity: identityBody(credentials), ...(scope && { scope }) } };
}

function identityBody(credentials: Credentials): unknown {
  switch (credentials.kind) {
    case 'password': {
      const { user, password } = credentials;
      return { methods: ['password'], password: { user: { ...nameBody(user), password } } };
    }
    case 'token':
      return { methods: ['token'], token: { id: credentials.token } };
    case 'application-credential': {
      const { id, name, user, secret } = credentials;
      const who = id === null ? { name, ...(user && { user: nameBody(user) }) } : { id };
      return { methods: ['application_credential'], application_credential: { ...who, secret } };
    }
  }
}

function nameBody({ id, name, domain }: Named): Record<string, unknown> {
  return id === null ? { name, domain } : { id };
}
