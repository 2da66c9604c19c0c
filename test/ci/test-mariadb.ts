import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../free-port.js';
import type { TestServer } from './server-contract.js';
import { serverAccount } from './server-account.js';

const SERVER = '/usr/sbin/mariadbd';
const INSTALL = '/usr/bin/mariadb-install-db';

/** Why a MariaDB cannot be started here, or false. */
export const noMariadb: string | false =
  existsSync(SERVER) && existsSync(INSTALL) ? false : 'needs a MariaDB server: apt-get install mariadb-server';

/** A MariaDB for tests, in a folder of its own. `virtbs` has the password `s3cr:t`, `root` none. */
export class TestMariadb implements TestServer {
  readonly folder: string;
  readonly port: number;
  /** Further options of the server, for its next start. */
  more: readonly string[] = [];
  #server: ChildProcess | undefined;
  #made = 0;

  static async start(): Promise<TestMariadb> {
    const folder = await mkdtemp(join(tmpdir(), 'virtbs-my-'));
    const server = new TestMariadb(folder, await freePort());
    try {
      const { uid, gid } = await serverAccount();
      if (uid !== undefined && gid !== undefined) await chown(folder, uid, gid);
      const words = [`--datadir=${join(folder, 'data')}`, '--auth-root-authentication-method=normal', '--skip-test-db'];
      const child = spawn(INSTALL, ['--no-defaults', ...words, '--innodb-flush-log-at-trx-commit=0'], {
        ...{ stdio: 'ignore', cwd: folder, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: folder } },
        ...(await serverAccount()),
      });
      const [code] = (await once(child, 'close')) as [number | null];
      if (code !== 0) throw new Error('mariadb-install-db failed');
      await server.begin();
      for (const host of ['localhost', '127.0.0.1']) {
        await server.query(`CREATE USER virtbs@${host} IDENTIFIED BY 's3cr:t'`);
      }
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
  }

  url(database: string, login = 'virtbs:s3cr%3At'): string {
    return `mariadb://${login}@/${database}?unix_socket=${this.folder}/s`;
  }

  /** The URL of a database from which others can be made. */
  get admin(): string {
    return this.url('mysql', 'root');
  }

  tcp(database: string, port = this.port): string {
    return `mariadb://virtbs:s3cr%3At@127.0.0.1:${port}/${database}`;
  }

  async newDatabase(): Promise<string> {
    const name = `ci${(this.#made += 1)}_${process.pid}`;
    await this.query(`CREATE DATABASE ${name}`);
    await this.query(`GRANT ALL ON ${name}.* TO virtbs@localhost`);
    await this.query(`GRANT ALL ON ${name}.* TO virtbs@127.0.0.1`);
    return name;
  }

  async query(sql: string, database?: string): Promise<unknown> {
    const { createConnection } = await import('mysql2/promise');
    const options = { socketPath: join(this.folder, 's'), user: 'root', ...(database !== undefined && { database }) };
    const client = await createConnection(options);
    try {
      return (await client.query(sql))[0];
    } finally {
      await client.end();
    }
  }

  async begin(): Promise<void> {
    const words = [
      `--datadir=${join(this.folder, 'data')}`,
      `--socket=${join(this.folder, 's')}`,
      `--port=${this.port}`,
    ];
    const fast = ['--innodb-flush-log-at-trx-commit=0', '--innodb-buffer-pool-size=32M', '--skip-name-resolve'];
    const server = spawn(
      SERVER,
      [
        '--no-defaults',
        ...words,
        ...fast,
        ...this.more,
        '--bind-address=127.0.0.1',
        `--pid-file=${join(this.folder, 'pid')}`,
      ],
      { ...{ stdio: ['ignore', 'ignore', 'pipe'], cwd: this.folder, env: {} }, ...(await serverAccount()) },
    );
    this.#server = server;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).once('exit', () => reject(new Error(`MariaDB has ended:\n${said}`)));
      server.stderr?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('ready for connections')) resolve();
      });
    });
  }

  async end(signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server || server.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal === 'SIGINT' ? 'SIGTERM' : 'SIGKILL');
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGQUIT');
    await rm(this.folder, { recursive: true, force: true });
  }
}
