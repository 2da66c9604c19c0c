import { Socket } from 'node:net';
import { userInfo } from 'node:os';
import type Pg from 'pg';
import type { DatabaseUrl } from '../../config/database-url.js';
import { VirtbsError } from '../../errors.js';
import { answerInTime } from './answer-in-time.js';
import { assertKnownVersion } from './assert-known-version.js';
import { DatabaseAway } from './database-away.js';
import type { Dialect } from './dialect.js';
import { MIGRATIONS } from './migrations.js';
import { numberedValues } from './numbered-values.js';
import { postgresqlMigration } from './postgresql-migration.js';
import { readAuthority } from './read-authority.js';
import { ServerStore, type Answer, type Connection, type Patience } from './server-store.js';
import { statementsOf } from './statements-of.js';
import type { OpenedStore, SqlRow, SqlValue } from './store.js';

export interface PostgresqlOptions {
  readonly url: DatabaseUrl;
  /** Asked where the server wants a password and the URL has none. */
  readonly password: (user: string) => Promise<string | undefined>;
  readonly patience?: Patience | undefined;
}

/** The oldest version that has what is asked of it: `pg_current_xact_id`. */
export const OLDEST_POSTGRESQL = 13;

/** Milliseconds. */
const CONNECT_LIMIT = 15_000;

/** What each connection is set to. A process that is cut off in a transaction holds up no other for longer than this. */
const SETTINGS = {
  lock_timeout: '30s',
  idle_in_transaction_session_timeout: '60s',
  statement_timeout: '110s',
  tcp_keepalives_idle: '30',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '3',
  DateStyle: 'ISO',
  standard_conforming_strings: 'on',
  client_min_messages: 'warning',
};

/** The lock of who changes something: "virtbs" in ASCII. */
const LOCK = 0x76_69_72_74_62_73;

/** The columns that are numbers: bool, int8, int2, int4, float4, float8, numeric. */
const NUMBERS = new Set([20, 21, 23, 700, 701, 1700]);
const BOOLEAN = 16;
const BYTES = 17;

const DIALECT: Dialect = {
  name: 'postgresql',
  seconds: (from, to) => `EXTRACT(EPOCH FROM (${to})::timestamptz - (${from})::timestamptz)::float8`,
  wholeSeconds: (from, to) => `EXTRACT(EPOCH FROM (${to}) - (${from}))::float8`,
  contains: (text, part) => `strpos(${text}, ${part}) > 0`,
  same: (one, other) => `${one} IS NOT DISTINCT FROM ${other}`,
  orNothing: (key) => `ON CONFLICT (${key}) DO NOTHING`,
  orUpdate: (key, assignments) => `ON CONFLICT (${key}) DO UPDATE SET ${assignments.join(', ')}`,
  given: (column) => `excluded.${column}`,
};

/** Opens a database of a PostgreSQL server. Any number of processes, on any machines, can have it open. */
export async function openPostgresql({ url, password, patience }: PostgresqlOptions): Promise<OpenedStore> {
  const user = url.user ?? userInfo().username;
  const authority = url.authority === undefined ? undefined : await readAuthority(url.authority);
  const store = new ServerStore({
    ...{ name: `the CI database ${url.label}`, dialect: DIALECT, patience },
    connect: async () => await PostgresqlConnection.open({ url, user, password, authority }),
  });
  await store.prepare(async (connection) => await migrate(connection, url));
  return store;
}

async function migrate(connection: Connection, { label }: DatabaseUrl): Promise<void> {
  const read = async (): Promise<number> => {
    const [table] = (await connection.query("SELECT to_regclass('virtbs_schema') IS NOT NULL AS found", [])).rows;
    if (table?.['found'] !== 1) return 0;
    const [row] = (await connection.query('SELECT version FROM virtbs_schema', [])).rows;
    const version = Number(row?.['version'] ?? 0);
    assertKnownVersion(version, { label, kind: 'database' });
    return version;
  };
  if ((await read()) === MIGRATIONS.length) return;
  await connection.begin();
  try {
    // Somebody else may have done it meanwhile.
    const version = await read();
    if (version === 0) {
      await connection.query('CREATE TABLE IF NOT EXISTS virtbs_schema (version INTEGER NOT NULL)', []);
      await connection.query(
        'INSERT INTO virtbs_schema (version) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM virtbs_schema)',
        [],
      );
    }
    for (const sql of MIGRATIONS.slice(version)) {
      for (const statement of statementsOf(postgresqlMigration(sql))) await connection.query(statement, []);
    }
    await connection.query('UPDATE virtbs_schema SET version = ?', [MIGRATIONS.length]);
    await connection.commit();
  } catch (error) {
    await connection.rollback().catch(() => undefined);
    throw error;
  }
}

interface ConnectOptions {
  readonly url: DatabaseUrl;
  readonly user: string;
  readonly password: PostgresqlOptions['password'];
  readonly authority: Buffer | undefined;
}

interface Made {
  readonly client: Pg.Client;
  readonly socket: Socket;
}

class PostgresqlConnection implements Connection {
  readonly #client: Pg.Client;
  readonly #socket: Socket;
  readonly #url: DatabaseUrl;
  readonly #user: string;
  readonly #statements = new Map<string, { readonly name: string; readonly text: string }>();
  #isLost = false;
  #whyLost: string | undefined;

  static async open({ url, user, password, authority }: ConnectOptions): Promise<Connection> {
    const { default: pg } = await import('pg');
    const { host, port, database, tls } = url;
    const bytes = pg.types.getTypeParser(BYTES);
    const parser = (type: number): ((value: string) => unknown) => {
      if (NUMBERS.has(type)) return Number;
      if (type === BYTES) return bytes;
      return type === BOOLEAN ? (value) => (value === 't' ? 1 : 0) : String;
    };
    const socket = new Socket();
    const client = new pg.Client({
      stream: () => socket,
      ...{ host, port, database, user },
      // Asked only where the server wants one.
      password: async () => {
        const found = url.password ?? (await password(user));
        if (found !== undefined) return found;
        throw new VirtbsError(
          'ci-database',
          `the CI database ${url.label}: the server wants a password for "${user}"`,
          {
            hint: PASSWORD_HINT,
          },
        );
      },
      ssl: tls !== 'disable' && {
        rejectUnauthorized: tls !== 'require',
        ...(authority && { ca: authority }),
        ...(tls === 'verify-ca' && { checkServerIdentity: () => undefined }),
      },
      types: { getTypeParser: (type: number) => parser(type) },
      ...{ keepAlive: true, connectionTimeoutMillis: CONNECT_LIMIT, application_name: 'virtbs ci' },
      options: Object.entries(SETTINGS)
        .map(([name, value]) => `-c ${name}=${value}`)
        .join(' '),
    });
    const connection = new PostgresqlConnection({ client, socket, url, user });
    // What it is comes with the answer to what is asked next.
    client.on('error', (error) => connection.#lose(error));
    client.on('end', () => connection.#lose());
    try {
      await client.connect();
      await connection.#check();
    } catch (error) {
      const explained = connection.#explain(error, true);
      connection.end();
      throw explained;
    }
    return connection;
  }

  private constructor({ client, socket, url, user }: Pick<ConnectOptions, 'url' | 'user'> & Made) {
    this.#client = client;
    this.#socket = socket;
    this.#url = url;
    this.#user = user;
  }

  async query(sql: string, values: readonly SqlValue[]): Promise<Answer> {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = { name: `virtbs${this.#statements.size + 1}`, text: numberedValues(sql) };
      this.#statements.set(sql, statement);
    }
    const found = await this.#ask({ ...statement, values: values.map(withoutNul) });
    return { rows: found.rows as readonly SqlRow[], changes: found.rowCount ?? 0 };
  }

  async insert(sql: string, values: readonly SqlValue[]): Promise<number> {
    return Number((await this.query(`${sql} RETURNING id`, values)).rows[0]?.['id']);
  }

  async begin(): Promise<void> {
    await this.#ask(`BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(${LOCK})`);
  }

  async number(): Promise<string> {
    const [row] = (await this.query('SELECT pg_current_xact_id()::text AS id', [])).rows;
    return String(row?.['id']);
  }

  async commit(): Promise<void> {
    await this.#ask('COMMIT');
  }

  async rollback(): Promise<void> {
    await this.#ask('ROLLBACK');
  }

  async isDone(number: string): Promise<boolean> {
    const [row] = (await this.query('SELECT pg_xact_status(?::text::xid8) AS state', [number])).rows;
    if (row?.['state'] !== 'in progress') return row?.['state'] === 'committed';
    throw new DatabaseAway(`${this.#url.label}: the last change is still under way`);
  }

  end(): void {
    this.#isLost = true;
    this.#client.end().catch(() => undefined);
    // A server that does not answer is not waited for.
    this.#socket.destroySoon();
  }

  #lose(reason?: Error): void {
    this.#isLost = true;
    this.#whyLost ??= reason?.message;
  }

  async #check(): Promise<void> {
    const sql =
      "SELECT current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding";
    const [row] = (await this.query(sql, [])).rows;
    checkServer(this.#url.label, Number(row?.['version']), String(row?.['encoding']));
  }

  /** Asks the server, and takes no answer in time for a connection that is lost. */
  async #ask(query: string | Pg.QueryConfig): Promise<Pg.QueryResult> {
    try {
      return await answerInTime(this.#client.query(query as Pg.QueryConfig), () => {
        this.#isLost = true;
      });
    } catch (error) {
      throw this.#explain(error, false);
    }
  }

  /** Says what an error of the server, of the network or of pg means for a person. */
  #explain(error: unknown, isOpening: boolean): unknown {
    if (!(error instanceof Error) || error instanceof VirtbsError) return error;
    const { label, database } = this.#url;
    const first = error instanceof AggregateError ? (error.errors as readonly unknown[])[0] : error;
    const reason = this.#whyLost ?? (first instanceof Error ? first.message : error.message);
    const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    const failed = (message: string, hint: string): VirtbsError =>
      new VirtbsError('ci-database', `the CI database ${label}: ${message}`, { hint, cause: error });
    switch (code ?? '') {
      case '28P01':
      case '28000':
        return failed(`the server refuses "${this.#user}": ${reason}`, PASSWORD_HINT);
      case '3D000':
        return failed(reason, `make it: createdb -O ${this.#user} ${database}`);
      case '42501':
        return failed(
          reason,
          `make "${this.#user}" the owner of the database: ALTER DATABASE ${database} OWNER TO ${this.#user}`,
        );
      case '42P07':
        return failed(`${reason}: it belongs to another program`, 'give virtbs a database of its own');
    }
    if (code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO_/.test(code)) {
      return failed(
        `its certificate is not accepted: ${reason}`,
        'name the file of its authority with ?sslrootcert=FILE; ?sslmode=require encrypts without a look at the certificate',
      );
    }
    const isAway = this.#isLost || (code === undefined ? isOpening : AWAY.test(code));
    if (isAway) return new DatabaseAway(`the CI database ${label} is away: ${reason}`, error);
    return isOpening ? failed(reason, 'see to the reason in the message') : error;
  }
}

/** @throws VirtbsError `ci-database` for a server that is too old, or a database that cannot have all signs */
export function checkServer(label: string, version: number, encoding: string): void {
  if (version < OLDEST_POSTGRESQL * 10_000) {
    const found = `PostgreSQL ${Math.floor(version / 10_000)}`;
    throw new VirtbsError('ci-database', `the CI database ${label}: its server is ${found}, which is too old`, {
      hint: `virtbs needs PostgreSQL ${OLDEST_POSTGRESQL} or newer`,
    });
  }
  if (encoding !== 'UTF8') {
    throw new VirtbsError('ci-database', `the CI database ${label} has the encoding ${encoding}`, {
      hint: 'make one that can have all signs: createdb -T template0 -E UTF8 NAME',
    });
  }
}

const PASSWORD_HINT =
  'write it into ~/.pgpass or PGPASSWORD, or the whole URL into the file that ci.database_file names';

/**
 * Errors that pass: of the network, of a server that starts, ends or has too many connections, of locks. Source:
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const AWAY =
  /^(?:08...|53...|57P0[1-5]|55P03|40...|25P03|E(?:CONN(?:REFUSED|RESET|ABORTED)|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|HOSTDOWN|NETDOWN|NOENT|NOTFOUND|AI_AGAIN|ACCES))$/;

/** PostgreSQL has no text with this sign in it. */
function withoutNul(value: SqlValue): SqlValue {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
}
