import type { Credentials, Domain, Named } from './cloud-settings.js';
import type { OptionReader } from './option-reader.js';

/** The domain of those who have made no other. Source: keystone's installation guide. */
const DEFAULT_DOMAIN: Domain = { id: 'default' };

const KINDS = new Map<string, Credentials['kind']>([
  ['password', 'password'],
  ['v3password', 'password'],
  ['token', 'token'],
  ['v3token', 'token'],
  ['v3applicationcredential', 'application-credential'],
]);

/** The option that credentials are not complete without. */
export interface IncompleteCredentials {
  readonly missing: string;
}

/** The credentials that the options hold. */
export function readCredentials(reader: OptionReader): Credentials | IncompleteCredentials {
  const names = ['auth_type', 'auth_plugin'];
  const type = reader.text(...names);
  const id = reader.text('application_credential_id');
  const name = reader.text('application_credential_name');
  const secret = reader.text('application_credential_secret');
  const token = reader.text('token', 'auth_token');
  const password = reader.text('password');
  const kind = type === null ? guess({ secret, token, password }) : KINDS.get(type);
  const user = readUser(reader);
  switch (kind) {
    case 'application-credential':
      if (secret === null) return { missing: 'application_credential_secret' };
      if (id === null && name === null) return { missing: 'application_credential_id' };
      if (id === null && !user) return { missing: 'username' };
      return { kind, id, name, user: id === null ? user : null, secret };
    case 'token':
      if (token === null) return { missing: 'token' };
      if (!/^[!-~]+$/.test(token))
        reader.refuse(['token', 'auth_token'], 'has blanks or signs in it that no token has');
      return { kind, token };
    case 'password':
      if (!user) return { missing: 'username' };
      if (password === null) return { missing: 'password' };
      return { kind, user, password };
    case undefined:
      reader.refuse(names, `is none of ${[...KINDS.keys()].join(', ')}`);
      return { missing: 'auth_type' };
  }
}

/** The project that is worked in; nothing where the user's default one is meant. */
export function readProject(reader: OptionReader): Named | null {
  return named(reader, {
    id: ['project_id', 'tenant_id'],
    name: ['project_name', 'tenant_name'],
    domain: 'project_domain',
  });
}

function readUser(reader: OptionReader): Named | null {
  return named(reader, { id: ['user_id'], name: ['username', 'user_name'], domain: 'user_domain' });
}

interface NameOptions {
  readonly id: readonly string[];
  readonly name: readonly string[];
  readonly domain: string;
}

function named(reader: OptionReader, options: NameOptions): Named | null {
  const id = reader.text(...options.id);
  const name = reader.text(...options.name);
  if (id !== null) return { id, name, domain: null };
  return name === null ? null : { id, name, domain: readDomain(reader, options.domain) };
}

function readDomain(reader: OptionReader, prefix: string): Domain {
  const id = reader.text(`${prefix}_id`, 'domain_id');
  if (id !== null) return { id };
  const name = reader.text(`${prefix}_name`, 'domain_name');
  if (name !== null) return { name };
  const fallback = reader.text('default_domain_id', 'default_domain');
  return fallback === null ? DEFAULT_DOMAIN : { id: fallback };
}

interface Secrets {
  readonly secret: string | null;
  readonly token: string | null;
  readonly password: string | null;
}

/** Guesses the kind of credentials. A password comes first, because it gets a new token when one has expired. */
function guess({ secret, token, password }: Secrets): Credentials['kind'] {
  if (secret !== null) return 'application-credential';
  return token !== null && password === null ? 'token' : 'password';
}
