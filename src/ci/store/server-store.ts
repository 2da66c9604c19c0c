import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseAway } from './database-away.js';
import type { Dialect } from './dialect.js';
import { Gate } from './gate.js';
import type { OpenedStore, SqlRow, SqlValue, Store } from './store.js';

export interface Answer {
  readonly rows: readonly SqlRow[];
  /** Rows that were changed. */
  readonly changes: number;
}

/** A connection to a server. What goes wrong is a `DatabaseAway` where asking again may help. */
export interface Connection {
  query(sql: string, values: readonly SqlValue[]): Promise<Answer>;
  /** Does an INSERT of one row. @returns its `id` */
  insert(sql: string, values: readonly SqlValue[]): Promise<number>;
  /** Begins a transaction, as soon as nobody else is in one. */
  begin(): Promise<void>;
  /** Returns the number of the transaction, by which another connection can ask whether it was done. */
  number(): Promise<string>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** Tells whether a transaction was done; waits as long as that is open. */
  isDone(number: string): Promise<boolean>;
  end(): void;
}

/** Waits for a server that is away, and says so. */
export interface Patience {
  /** Ends the wait. */
  readonly signal: AbortSignal;
  readonly warn: (message: string) => void;
  readonly note: (message: string) => void;
  /** Milliseconds between two tries; the last one counts for all others. */
  readonly pauses?: readonly number[];
}

export interface ServerStoreOptions {
  /** What messages call the database. */
  readonly name: string;
  readonly dialect: Dialect;
  readonly connect: () => Promise<Connection>;
  /** None where it is better to fail at once. */
  readonly patience?: Patience | undefined;
}

/** Milliseconds. */
const PAUSES = [1000, 2000, 5000, 10_000, 30_000] as const;

/**
 * A database that a server has, over one connection, which is made anew where it was lost. A change that was under way then is done
 * once: the server is asked whether it was done before it is done again.
 */
export class ServerStore implements OpenedStore {
  readonly #options: ServerStoreOptions;
  readonly #gate = new Gate();
  #connection: Connection | undefined;
  #isClosed = false;

  constructor(options: ServerStoreOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  get dialect(): Dialect {
    return this.#options.dialect;
  }

  async all(sql: string, ...values: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    return await this.#alone(async (connection) => (await connection.query(sql, values)).rows);
  }

  async first(sql: string, ...values: readonly SqlValue[]): Promise<SqlRow | undefined> {
    return (await this.all(sql, ...values))[0];
  }

  async run(sql: string, ...values: readonly SqlValue[]): Promise<number> {
    return await this.transaction(async (store) => await store.run(sql, ...values));
  }

  async insert(sql: string, ...values: readonly SqlValue[]): Promise<number> {
    return await this.transaction(async (store) => await store.insert(sql, ...values));
  }

  async transaction<T>(work: (store: Store) => Promise<T>): Promise<T> {
    return await this.#alone(async (connection) => {
      let isChanged = false;
      const within = this.#within(connection, () => {
        isChanged = true;
      });
      await connection.begin();
      let result: T;
      let number: string | undefined;
      try {
        result = await work(within);
        if (isChanged) number = await connection.number();
      } catch (error) {
        await connection.rollback().catch(() => this.#drop());
        throw error;
      }
      try {
        await connection.commit();
      } catch (error) {
        if (!(error instanceof DatabaseAway) || number === undefined) throw error;
        const asked = number;
        this.#drop();
        if (!(await this.#patiently(async (other) => await other.isDone(asked)))) throw error;
      }
      return result;
    });
  }

  /** Makes the database ready, with the connection alone. Where that fails nothing stays open. */
  async prepare(work: (connection: Connection) => Promise<void>): Promise<void> {
    try {
      await this.#alone(work);
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#drop();
  }

  #within(connection: Connection, onChange: () => void): Store {
    const { dialect } = this.#options;
    const store: Store = {
      dialect,
      all: async (sql, ...values) => (await connection.query(sql, values)).rows,
      first: async (sql, ...values) => (await connection.query(sql, values)).rows[0],
      async run(sql, ...values) {
        onChange();
        return (await connection.query(sql, values)).changes;
      },
      async insert(sql, ...values) {
        onChange();
        return await connection.insert(sql, values);
      },
      transaction: (work) => work(store),
    };
    return store;
  }

  /** One after the other: what is not in a transaction is not to get into that of somebody else. */
  async #alone<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return await this.#gate.hold(async () => await this.#patiently(work));
  }

  async #patiently<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const { patience, name } = this.#options;
    let told = '';
    for (let failures = 0; ; failures++) {
      try {
        const result = await work((this.#connection ??= await this.#connect()));
        if (told !== '') patience?.note(`${name} is back`);
        return result;
      } catch (error) {
        if (!(error instanceof DatabaseAway)) throw error;
        this.#drop();
        if (!patience || patience.signal.aborted || this.#isClosed) throw error;
        const pauses = patience.pauses ?? PAUSES;
        const pause = pauses[Math.min(failures, pauses.length - 1)] ?? 0;
        if (error.message !== told) patience.warn(`${error.message}; it is asked again until it answers`);
        told = error.message;
        await sleep(pause, undefined, { signal: patience.signal }).catch(() => undefined);
      }
    }
  }

  async #connect(): Promise<Connection> {
    if (this.#isClosed) throw new Error(`${this.name} is closed`);
    return await this.#options.connect();
  }

  #drop(): void {
    this.#connection?.end();
    this.#connection = undefined;
  }
}
