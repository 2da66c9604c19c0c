import { readPlainFile } from '../../read-plain-file.js';
import type { DatabaseUrl } from '../../config/database-url.js';

const MOST_BYTES = 1024 * 1024;

/** Whether others than its owner may read or change it. */
const OTHERS = 0o077;

/**
 * Finds a password in a file of PostgreSQL's passwords: the first line that fits `HOST:PORT:DATABASE:USER:PASSWORD`. As for psql, a
 * file that is missing, or that others may read, has none.
 * Source: https://www.postgresql.org/docs/current/libpq-pgpass.html
 */
export async function readPgpass(
  path: string,
  { host, port, database, user }: Pick<DatabaseUrl, 'host' | 'port' | 'database'> & { readonly user: string },
): Promise<string | undefined> {
  const accept = ({ mode }: { readonly mode: number }): void => {
    if ((mode & OTHERS) !== 0) throw new Error('others than its owner may read it');
  };
  const bytes = await readPlainFile(path, { most: MOST_BYTES, accept }).catch(() => undefined);
  const wanted = [host.startsWith('/') ? 'localhost' : host, String(port), database, user];
  for (const line of bytes?.toString('utf8').split(/\r?\n/) ?? []) {
    if (line.startsWith('#')) continue;
    const fields = [...line.matchAll(/((?:\\.|[^:\\])*)(?::|$)/g)].map(([, field = '']) =>
      field.replaceAll(/\\(.)/g, '$1'),
    );
    const password = fields[4];
    if (password === undefined) continue;
    const isOurs = wanted.every(
      (word, index) => fields[index] === '*' || fields[index] === word || (index === 0 && fields[0] === host),
    );
    if (isOurs) return password;
  }
  return undefined;
}
