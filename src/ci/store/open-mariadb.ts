import { randomUUID } from 'node:crypto';
import { connect, isIP, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import type { Connection as Client, ConnectionOptions, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import type { DatabaseUrl } from '../../config/database-url.js';
import { VirtbsError } from '../../errors.js';
import { answerInTime } from './answer-in-time.js';
import { assertKnownVersion } from './assert-known-version.js';
import { DatabaseAway } from './database-away.js';
import type { Dialect } from './dialect.js';
import { mariadbMigration } from './mariadb-migration.js';
import { MIGRATIONS } from './migrations.js';
import { positionalValues, type PositionalStatement } from './positional-values.js';
import { readAuthority } from './read-authority.js';
import { ServerStore, type Answer, type Connection, type Patience } from './server-store.js';
import { statementsOf } from './statements-of.js';
import type { OpenedStore, SqlRow, SqlValue } from './store.js';

export interface MariadbOptions {
  readonly url: DatabaseUrl;
  /** Asked where the URL has no password. */
  readonly password: (user: string) => Promise<string | undefined>;
  readonly patience?: Patience | undefined;
}

/** The oldest version that has what is asked of it: see `checkMariadb`. */
const OLDEST = [10, 6] as const;

/** Milliseconds. */
const CONNECT_LIMIT = 15_000;

/** Seconds: a process that is cut off in a transaction holds up no other for longer than this. */
const SETTINGS = [
  "sql_mode = 'ANSI_QUOTES,STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_BACKSLASH_ESCAPES,ERROR_FOR_DIVISION_BY_ZERO'",
  'innodb_lock_wait_timeout = 30',
  'lock_wait_timeout = 30',
  'idle_transaction_timeout = 60',
  "tx_isolation = 'READ-COMMITTED'",
  "time_zone = '+00:00'",
];

const TABLE = 'ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin';

/** Days after which the last change of a process is forgotten. */
const FORGET = 30;

const time = (text: string): string => `CAST(REPLACE(REPLACE(${text}, 'T', ' '), 'Z', '') AS DATETIME(6))`;

const firstOf = (key: string): string => key.split(',')[0] ?? key;

const DIALECT: Dialect = {
  name: 'mariadb',
  seconds: (from, to) => `TIMESTAMPDIFF(MICROSECOND, ${time(from)}, ${time(to)}) / 1e6`,
  wholeSeconds: (from, to) => `TIMESTAMPDIFF(SECOND, ${from}, ${to})`,
  contains: (text, part) => `INSTR(${text}, ${part}) > 0`,
  same: (one, other) => `${one} <=> ${other}`,
  orNothing: (key) => `ON DUPLICATE KEY UPDATE ${firstOf(key)} = ${firstOf(key)}`,
  orUpdate: (_key, assignments) => `ON DUPLICATE KEY UPDATE ${assignments.join(', ')}`,
  given: (column) => `VALUES(${column})`,
};

/** Opens a database of a MariaDB server. Any number of processes, on any machines, can have it open. */
export async function openMariadb({ url, password, patience }: MariadbOptions): Promise<OpenedStore> {
  const user = url.user ?? userInfo().username;
  const authority = url.authority === undefined ? undefined : await readAuthority(url.authority);
  const process = randomUUID();
  const store = new ServerStore({
    ...{ name: `the CI database ${url.label}`, dialect: DIALECT, patience },
    connect: async () => await MariadbConnection.open({ url, user, password, authority, process }),
  });
  await store.prepare(async (connection) => await migrate(connection, url));
  return store;
}

async function migrate(connection: Connection, { label }: DatabaseUrl): Promise<void> {
  const has = async (table: string): Promise<boolean> => {
    const sql = 'SELECT 1 AS found FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?';
    return (await connection.query(sql, [table])).rows.length > 0;
  };
  const read = async (): Promise<number | undefined> => {
    if (!(await has('virtbs_schema'))) return undefined;
    const [row] = (await connection.query('SELECT version FROM virtbs_schema', [])).rows;
    const version = Number(row?.['version'] ?? 0);
    assertKnownVersion(version, { label, kind: 'database' });
    return version;
  };
  const known = await read();
  if (known === MIGRATIONS.length) {
    await connection.query(`DELETE FROM virtbs_processes WHERE at < NOW() - INTERVAL ${FORGET} DAY`, []);
    return;
  }
  const [lock] = (await connection.query("SELECT GET_LOCK(CONCAT('virtbs.', SHA1(DATABASE())), 30) AS held", [])).rows;
  if (lock?.['held'] !== 1) throw new DatabaseAway(`the CI database ${label}: somebody else makes its tables`);
  try {
    const version = await read();
    if (version === undefined) {
      if (await has('runs')) {
        throw new VirtbsError('ci-database', `the CI database ${label}: its table "runs" belongs to another program`, {
          hint: 'give virtbs a database of its own',
        });
      }
      await connection.query(`CREATE TABLE virtbs_schema (version BIGINT NOT NULL) ${TABLE}`, []);
    }
    if (!version) {
      // MariaDB keeps a table that was made, whatever comes after it: what was begun is gone on with.
      await connection.query(
        `CREATE TABLE IF NOT EXISTS virtbs_processes
         (process VARCHAR(36) PRIMARY KEY, done BIGINT NOT NULL, at DATETIME NOT NULL) ${TABLE}`,
        [],
      );
      await connection.query(
        'INSERT INTO virtbs_schema (version) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM virtbs_schema)',
        [],
      );
    }
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index < (version ?? 0)) continue;
      for (const statement of statementsOf(mariadbMigration(sql))) await connection.query(statement, []);
      await connection.query('UPDATE virtbs_schema SET version = ?', [index + 1]);
    }
  } finally {
    await connection.query("SELECT RELEASE_LOCK(CONCAT('virtbs.', SHA1(DATABASE())))", []).catch(() => undefined);
  }
}

interface ConnectOptions {
  readonly url: DatabaseUrl;
  readonly user: string;
  readonly password: MariadbOptions['password'];
  readonly authority: Buffer | undefined;
  /** Tells this process from others. */
  readonly process: string;
}

class MariadbConnection implements Connection {
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #options: ConnectOptions;
  readonly #statements = new Map<string, PositionalStatement>();
  #isLost = false;

  static async open(options: ConnectOptions): Promise<Connection> {
    const { url, user, password, authority } = options;
    const { createConnection } = await import('mysql2/promise');
    const { host, port, database, tls } = url;
    if (tls === 'verify-full' && isIP(host) !== 0) {
      // mysql2 would look for "localhost" in the certificate.
      throw new VirtbsError('ci-database', `the CI database ${url.label}: a certificate has the server's name`, {
        hint: 'name the server as its certificate does, or take ?ssl_mode=verify-ca, which does not look at the name',
      });
    }
    const known = url.password ?? (await password(user));
    const socket = host.startsWith('/') ? connect(host) : connect(port, host);
    socket.setKeepAlive(true, 30_000);
    let isLost = false;
    const settings: ConnectionOptions = {
      ...{ host, user, database, connectTimeout: CONNECT_LIMIT },
      stream: () => socket,
      ...(known !== undefined && { password: known }),
      ...(tls !== 'disable' && {
        ssl: {
          rejectUnauthorized: tls !== 'require',
          verifyIdentity: tls === 'verify-full',
          ...(authority && { ca: authority }),
        },
      }),
      ...{ charset: 'utf8mb4', dateStrings: true, decimalNumbers: true, flags: ['-FOUND_ROWS'] },
    };
    let client: Client | undefined;
    try {
      client = await createConnection(settings);
      // What it is comes with the answer to what is asked next.
      client.on('error', () => {
        isLost = true;
      });
      const connection = new MariadbConnection(client, socket, options);
      await connection.#prepare();
      return connection;
    } catch (error) {
      socket.destroy();
      throw explain(error, { options, isOpening: true, isLost });
    }
  }

  private constructor(client: Client, socket: Socket, options: ConnectOptions) {
    this.#client = client;
    this.#socket = socket;
    this.#options = options;
    socket.on('close', () => {
      this.#isLost = true;
    });
  }

  async query(sql: string, values: readonly SqlValue[]): Promise<Answer> {
    const answer = await this.#execute(sql, values);
    return Array.isArray(answer)
      ? { rows: answer as unknown as readonly SqlRow[], changes: 0 }
      : { rows: [], changes: answer.affectedRows };
  }

  async insert(sql: string, values: readonly SqlValue[]): Promise<number> {
    const answer = await this.#execute(sql, values);
    return Array.isArray(answer) ? Number.NaN : answer.insertId;
  }

  async begin(): Promise<void> {
    await this.#ask('START TRANSACTION');
    // Whoever changes something holds this row.
    await this.#ask('SELECT version FROM virtbs_schema FOR UPDATE');
  }

  async number(): Promise<string> {
    await this.query(
      `INSERT INTO virtbs_processes (process, done, at) VALUES (?, 1, NOW())
       ON DUPLICATE KEY UPDATE done = done + 1, at = NOW()`,
      [this.#options.process],
    );
    return await this.#done();
  }

  async commit(): Promise<void> {
    await this.#ask('COMMIT');
  }

  async rollback(): Promise<void> {
    await this.#ask('ROLLBACK');
  }

  async isDone(number: string): Promise<boolean> {
    // Waits for the end of what was under way.
    await this.begin();
    const done = await this.#done();
    await this.rollback();
    return done === number;
  }

  end(): void {
    this.#isLost = true;
    this.#client.end().catch(() => undefined);
    // A server that does not answer is not waited for.
    this.#socket.destroySoon();
  }

  async #done(): Promise<string> {
    const [row] = (await this.query('SELECT done FROM virtbs_processes WHERE process = ?', [this.#options.process]))
      .rows;
    return String(row?.['done']);
  }

  async #prepare(): Promise<void> {
    const [rows] = await this.#client.query<RowDataPacket[]>('SELECT VERSION() AS version');
    checkMariadb(this.#options.url.label, String(rows[0]?.['version']));
    await this.#client.query(`SET SESSION ${SETTINGS.join(', ')}`);
  }

  async #execute(sql: string, values: readonly SqlValue[]): Promise<RowDataPacket[] | ResultSetHeader> {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = positionalValues(sql)));
    const { sql: text, order } = statement;
    const inOrder = order.map((place) => values[place] ?? null) as (string | number | Buffer | null)[];
    return await this.#inTime(
      async () => (await this.#client.execute<RowDataPacket[] | ResultSetHeader>(text, inOrder))[0],
    );
  }

  async #ask(sql: string): Promise<void> {
    await this.#inTime(async () => await this.#client.query(sql));
  }

  /** Takes no answer in time for a connection that is lost. */
  async #inTime<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await answerInTime(work(), () => {
        this.#isLost = true;
      });
    } catch (error) {
      throw explain(error, { options: this.#options, isOpening: false, isLost: this.#isLost });
    }
  }
}

interface Explained {
  readonly options: ConnectOptions;
  readonly isOpening: boolean;
  readonly isLost: boolean;
}

/** Says what an error of the server, of the network or of mysql2 means for a person. */
function explain(error: unknown, { options: { url, user }, isOpening, isLost }: Explained): unknown {
  if (!(error instanceof Error) || error instanceof VirtbsError) return error;
  const { label, database } = url;
  const first = error instanceof AggregateError ? (error.errors as readonly unknown[])[0] : error;
  const reason = first instanceof Error ? first.message : error.message;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const failed = (message: string, hint: string): VirtbsError =>
    new VirtbsError('ci-database', `the CI database ${label}: ${message}`, { hint, cause: error });
  switch (code ?? '') {
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR':
      return failed(`the server refuses "${user}": ${reason}`, PASSWORD_HINT);
    case 'ER_BAD_DB_ERROR':
      return failed(reason, `make it: CREATE DATABASE ${database}; GRANT ALL ON ${database}.* TO ${user}`);
    case 'ER_DBACCESS_DENIED_ERROR':
    case 'ER_TABLEACCESS_DENIED_ERROR':
      return failed(reason, `GRANT ALL ON ${database}.* TO ${user}`);
  }
  if (code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO_|HANDSHAKE_SSL/.test(code)) {
    return failed(
      `its certificate is not accepted: ${reason}`,
      'name the file of its authority with ?ssl_ca=FILE; ?ssl_mode=require encrypts without a look at the certificate',
    );
  }
  const isFatal = 'fatal' in error && error.fatal === true;
  const isAway = isLost || isFatal || (code === undefined ? isOpening : AWAY.test(code));
  if (isAway) return new DatabaseAway(`the CI database ${label} is away: ${reason}`, error);
  return isOpening ? failed(reason, 'see to the reason in the message') : error;
}

/** @throws VirtbsError `ci-database` for a server that is too old, or is no MariaDB */
export function checkMariadb(label: string, version: string): void {
  const [, major = '0', minor = '0'] = /^(?:5\.5\.5-)?(\d+)\.(\d+)/.exec(version) ?? [];
  const isOld = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
  if (/MariaDB/i.test(version) && !isOld) return;
  throw new VirtbsError('ci-database', `the CI database ${label}: its server is ${version}, which virtbs cannot use`, {
    hint: `virtbs needs MariaDB ${OLDEST.join('.')} or newer, or PostgreSQL`,
  });
}

const PASSWORD_HINT = 'write it into MYSQL_PWD, or the whole URL into the file that ci.database_file names';

/**
 * Errors that pass: of the network, of a server that ends or has too many connections, of locks. Source:
 * https://mariadb.com/docs/server/reference/error-codes
 */
const AWAY =
  /^(?:PROTOCOL_|ER_(?:CON_COUNT_ERROR|TOO_MANY_USER_CONNECTIONS|SERVER_SHUTDOWN|CONNECTION_KILLED|LOCK_WAIT_TIMEOUT|LOCK_DEADLOCK)$|E(?:CONN(?:REFUSED|RESET|ABORTED)|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|HOSTDOWN|NETDOWN|NOENT|NOTFOUND|AI_AGAIN|ACCES)$)/;
