import { isIP } from 'node:net';
import { VirtbsError } from '../errors.js';
import { nearestWord } from '../text/nearest-word.js';
import { showValue } from '../yaml/show-value.js';

/** How a connection is encrypted; `verify-ca` looks at the authority of the server's certificate, `verify-full` at its name, too. */
export const TLS_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;

/** A server that has a database, and the database there. */
export interface DatabaseUrl {
  readonly kind: 'postgresql' | 'mariadb';
  /** A name, an address, or the path of the server's socket; with PostgreSQL that of its folder. */
  readonly host: string;
  readonly port: number;
  /** The account's own name where not given. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string;
  readonly tls: (typeof TLS_MODES)[number];
  /** The file with the certificate of the authority; those that Node knows where not given. */
  readonly authority: string | undefined;
  /** What messages call it: without the password. */
  readonly label: string;
}

const SCHEMES: Readonly<Record<string, DatabaseUrl['kind']>> = {
  postgresql: 'postgresql',
  postgres: 'postgresql',
  mariadb: 'mariadb',
  mysql: 'mariadb',
};

interface Kind {
  readonly port: number;
  /** Where its socket is, as Debian and Fedora have it. */
  readonly socket: string;
  /** The names of parameters. */
  readonly at: string;
  readonly mode: string;
  readonly authority: string;
  /** Parameters that say what is so anyway. */
  readonly ignored: readonly string[];
}

const KINDS: Readonly<Record<DatabaseUrl['kind'], Kind>> = {
  postgresql: {
    ...{ port: 5432, socket: '/var/run/postgresql', at: 'host', mode: 'sslmode', authority: 'sslrootcert' },
    ignored: [],
  },
  mariadb: {
    ...{ port: 3306, socket: '/run/mysqld/mysqld.sock', at: 'unix_socket', mode: 'ssl_mode', authority: 'ssl_ca' },
    ignored: ['charset'],
  },
};

/** User, password, host, port, database, parameters. A host may be missing, which a URL of the web does not allow. */
const URL_PARTS =
  /^[^:]+:\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?(\[[^\]/?#]*\]|[^:@/?#]*)(?::(\d{1,5}))?\/?([^/?#]*)(?:\?([^#]*))?$/;

/** Tells a URL from a path. */
export function isDatabaseUrl(text: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\//i.test(text);
}

/**
 * Reads the URL of a database, as SQLAlchemy and subunit2sql write it: `postgresql://USER@HOST:PORT/DATABASE`. Without a host it is
 * the server's socket on this machine; `?host=/FOLDER`, or `?unix_socket=/PATH` of MariaDB, names another one. What
 * goes over a network is encrypted, and the server's certificate is checked, unless the URL says otherwise.
 *
 * @throws VirtbsError `config-invalid`, without the password
 */
export function readDatabaseUrl(text: string): DatabaseUrl {
  // Parameters may have a password, too.
  const invalid = (why: string): VirtbsError =>
    new VirtbsError('config-invalid', `${showValue(text.replace(/\?.*/s, ''))}: ${why}`);
  const [, scheme = '', driver] = /^([a-z][a-z\d.-]*)(\+[^:]*)?:\/\//i.exec(text) ?? [];
  const kind = SCHEMES[scheme.toLowerCase()];
  if (!kind) {
    const cure =
      scheme === 'sqlite'
        ? 'write the path of the file, without sqlite://'
        : 'it is a path, or postgresql://… or mariadb://…';
    throw invalid(`virtbs knows no database "${scheme}": ${cure}`);
  }
  if (driver !== undefined) throw invalid(`"${driver}" names a library of Python: write ${scheme}://… without it`);
  const [whole, login = '', secret = '', named = '', port = '', base = '', search = ''] = URL_PARTS.exec(text) ?? [];
  const plain = attempt(() => [login, secret, named, base].map((part) => decodeURIComponent(part)));
  if (whole === undefined || !plain) {
    throw invalid('this is no URL: signs such as @, / and % in a name or password are written as %40, %2F and %25');
  }
  const [user = '', password = '', name = '', database = ''] = plain;
  const parameters = new URLSearchParams(search);
  const { at, mode, authority, socket, ignored, port: usual } = KINDS[kind];
  const known = [at, mode, authority];
  for (const key of parameters.keys()) {
    if (known.includes(key) || ignored.includes(key)) continue;
    const nearest = nearestWord(key, known);
    const meant = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
    throw invalid(`unknown "${key}": virtbs takes ${known.join(', ')}${meant}`);
  }
  if (database === '') throw invalid(`it names no database: ${scheme}://USER@HOST/DATABASE`);
  const host = parameters.get(at) ?? (name.replace(/^\[(.*)\]$/, '$1') || socket);
  const asked = parameters.get(mode) ?? (isOnThisMachine(host) ? 'disable' : 'verify-full');
  const tls = TLS_MODES.find((each) => each === asked);
  if (!tls) throw invalid(`${mode} "${asked}" is not one of ${TLS_MODES.join(', ')}`);
  return {
    ...{ kind, host, database, tls, port: port === '' ? usual : Number(port) },
    user: user === '' ? undefined : user,
    password: password === '' ? undefined : password,
    authority: parameters.get(authority) ?? undefined,
    label: describe({ kind, user, host, port, database }),
  };
}

function describe({ kind, user, host, port, database }: Described): string {
  const { at, socket } = KINDS[kind];
  const isSocket = host.startsWith('/');
  const name = isSocket ? '' : isIP(host) === 6 ? `[${host}]` : host;
  const where = isSocket && host !== socket ? `?${at}=${host}` : '';
  return `${kind}://${user && `${user}@`}${name}${port && `:${port}`}/${database}${where}`;
}

interface Described extends Pick<DatabaseUrl, 'kind' | 'host' | 'database'> {
  readonly user: string;
  readonly port: string;
}

/** Nobody else hears what goes there. */
function isOnThisMachine(host: string): boolean {
  return (
    host.startsWith('/') || host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
  );
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
