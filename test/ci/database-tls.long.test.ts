import { chmod, chown } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { openStore } from '../../src/ci/store/open-store.js';
import { runProgram } from '../../src/process/run-program.js';
import { serverAccount } from './server-account.js';
import { noMariadb, TestMariadb } from './test-mariadb.js';
import { noPostgresql, TestPostgresql } from './test-postgresql.js';

/** Makes a certificate for `localhost`, which is its own authority, that a server may read. */
async function makeCertificate(folder: string): Promise<{ readonly certificate: string; readonly key: string }> {
  const [certificate, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...name];
  await runProgram('openssl', [...words, '-keyout', key, '-out', certificate], {});
  const { uid, gid } = await serverAccount();
  await chmod(key, 0o600);
  if (uid !== undefined && gid !== undefined) await chown(key, uid, gid);
  return { certificate, key };
}

async function tryToOpen(url: string): Promise<string> {
  try {
    await using store = await openStore(url);
    const sql =
      store.dialect.name === 'mariadb'
        ? "SELECT variable_value <> '' AS tls FROM information_schema.session_status WHERE variable_name = 'Ssl_version'"
        : 'SELECT ssl AS tls FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
    return (await store.first(sql))?.['tls'] === 1 ? 'encrypted' : 'plain';
  } catch (error) {
    return error instanceof Error && /certificate/.test(error.message) ? 'refused' : String(error);
  }
}

for (const [kind, skip, start, options, mode, authority] of [
  [
    'PostgreSQL',
    noPostgresql,
    async () => await TestPostgresql.start(),
    ['-c', 'ssl=on', '-c', 'ssl_cert_file=', '-c', 'ssl_key_file='],
    'sslmode',
    'sslrootcert',
  ],
  ['MariaDB', noMariadb, async () => await TestMariadb.start(), ['--ssl-cert=', '--ssl-key='], 'ssl_mode', 'ssl_ca'],
] as const) {
  t.test(
    `a connection to ${kind} is encrypted as its URL says, and the certificate is looked at`,
    { skip },
    async (t) => {
      await using server = await start();
      const { certificate, key } = await makeCertificate(server.folder);
      const files = [certificate, key];
      server.more = options.map((option) => (option.endsWith('=') ? option + (files.shift() ?? '') : option));
      await server.end();
      await server.begin();
      const url = server.tcp(await server.newDatabase());
      const named = url.replace('@127.0.0.1:', '@localhost:');
      const known = `&${authority}=${certificate}`;
      t.equal(await tryToOpen(url), 'plain');
      t.equal(await tryToOpen(`${url}?${mode}=require`), 'encrypted');
      t.equal(await tryToOpen(`${named}?${mode}=verify-full`), 'refused', 'nobody knows the authority');
      t.equal(await tryToOpen(`${named}?${mode}=verify-full${known}`), 'encrypted');
      t.equal(await tryToOpen(`${url}?${mode}=verify-full${known}`), 'refused', 'another name');
      t.equal(await tryToOpen(`${url}?${mode}=verify-ca${known}`), 'encrypted');
    },
  );
}
