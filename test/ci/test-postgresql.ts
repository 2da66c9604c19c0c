import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Pg from 'pg';
import { freePort } from '../free-port.js';
import type { TestServer } from './server-contract.js';
import { serverAccount } from './server-account.js';

const VERSIONS = '/usr/lib/postgresql';

/** Where Debian has the programs of the newest server. */
const PROGRAMS = ((): string | undefined => {
  try {
    const [newest] = readdirSync(VERSIONS).sort((one, other) => Number(other) - Number(one));
    return newest === undefined ? undefined : join(VERSIONS, newest, 'bin');
  } catch {
    return undefined;
  }
})();

/** Why a PostgreSQL cannot be started here, or false. */
export const noPostgresql: string | false =
  PROGRAMS === undefined ? 'needs a PostgreSQL server: apt-get install postgresql' : false;

/**
 * A PostgreSQL for tests, in a folder of its own. Over its socket anybody may log in without a password, over TCP nobody; `virtbs` has
 * the password `s3cr:t`, and `boss` may do everything.
 */
export class TestPostgresql implements TestServer {
  readonly folder: string;
  readonly port: number;
  /** Further options of the server, for its next start. */
  more: readonly string[] = [];
  #server: ChildProcess | undefined;
  #made = 0;

  static async start(): Promise<TestPostgresql> {
    const folder = await mkdtemp(join(tmpdir(), 'virtbs-pg-'));
    const server = new TestPostgresql(folder, await freePort());
    try {
      const { uid, gid } = await serverAccount();
      if (uid !== undefined && gid !== undefined) await chown(folder, uid, gid);
      const data = join(folder, 'data');
      await server.#program('initdb', [
        '-D',
        data,
        '-U',
        'boss',
        '-E',
        'UTF8',
        '--locale=C.UTF-8',
        '-A',
        'trust',
        '-N',
      ]);
      await writeFile(join(data, 'pg_hba.conf'), 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n');
      await server.begin();
      await server.query("CREATE ROLE virtbs LOGIN CREATEDB PASSWORD 's3cr:t'");
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

  /** The URL of a database, by the socket. */
  url(database: string, user = 'virtbs'): string {
    return `postgresql://${user}@:${this.port}/${database}?host=${encodeURIComponent(this.folder)}`;
  }

  /** The URL of a database from which others can be made. */
  get admin(): string {
    return this.url('postgres');
  }

  tcp(database: string, port = this.port): string {
    return `postgresql://virtbs:s3cr%3At@127.0.0.1:${port}/${database}`;
  }

  /** Makes a new database. @returns its name */
  async newDatabase(): Promise<string> {
    const name = `ci${(this.#made += 1)}_${process.pid}`;
    await this.query(`CREATE DATABASE ${name} OWNER virtbs`);
    return name;
  }

  async query(sql: string, database = 'postgres'): Promise<readonly Record<string, unknown>[]> {
    const { default: pg } = await import('pg');
    const client: Pg.Client = new pg.Client({ host: this.folder, port: this.port, user: 'boss', database });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Starts the server, which listens when this ends. */
  async begin(): Promise<void> {
    const words = ['-D', join(this.folder, 'data'), '-k', this.folder, '-h', '127.0.0.1', '-p', String(this.port)];
    const server = spawn(
      program('postgres'),
      [...words, ...this.more, '-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'],
      {
        ...{ stdio: ['ignore', 'ignore', 'pipe'], cwd: this.folder, env: { LC_ALL: 'C.UTF-8' } },
        ...(await serverAccount()),
      },
    );
    this.#server = server;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).once('exit', () => reject(new Error(`PostgreSQL has ended:\n${said}`)));
      server.stderr?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('database system is ready to accept connections')) resolve();
      });
    });
  }

  /** Ends the server: `SIGINT` closes all connections, `SIGQUIT` is a crash. */
  async end(signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server || server.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGQUIT');
    await rm(this.folder, { recursive: true, force: true });
  }

  async #program(name: string, words: readonly string[]): Promise<void> {
    const child = spawn(program(name), words, {
      ...{ stdio: ['ignore', 'ignore', 'pipe'], cwd: this.folder, env: { LC_ALL: 'C.UTF-8' } },
      ...(await serverAccount()),
    });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${name} failed:\n${said}`);
  }
}

function program(name: string): string {
  if (PROGRAMS === undefined) throw new Error('there is no PostgreSQL');
  return join(PROGRAMS, name);
}
