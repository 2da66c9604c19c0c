import { VirtbsError } from '../errors.js';
import type { Connection } from './connection.js';
import { LibvirtError } from './libvirt-error.js';

type Action<T> = (connection: Connection) => Promise<T>;

interface Waiter {
  readonly take: (connection: Connection) => void;
  readonly fail: (reason: unknown) => void;
}

/**
 * A few connections, opened as they are needed: a second one only while the first is busy. First come, first served; each
 * connection serves one action at a time.
 */
export class ConnectionPool implements AsyncDisposable {
  readonly #open: () => Promise<Connection>;
  readonly #idle: Connection[] = [];
  readonly #waiters: Waiter[] = [];
  readonly #drained: (() => void)[] = [];
  readonly #opening = new Set<Promise<void>>();
  #limit: number;
  /** Connections that are open or being opened. */
  #count = 0;
  #busy = 0;
  #closed = false;

  /** @param limit connections at most, at least one */
  constructor(open: () => Promise<Connection>, limit: number) {
    this.#open = open;
    this.#limit = limit;
  }

  /**
   * Gives an action a connection of its own until it ends. The signal is looked at before, not while it runs.
   *
   * @throws VirtbsError `libvirt-unreachable` where the daemon hangs up meanwhile
   */
  async use<T>(action: Action<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#closed) throw new Error('the connections to libvirt are closed');
    this.#busy += 1;
    try {
      const connection = await this.#acquire();
      try {
        signal?.throwIfAborted();
        return await action(connection);
      } catch (error) {
        throw error instanceof LibvirtError && !connection.isAlive() ? hungUpError(error) : error;
      } finally {
        await this.#release(connection);
      }
    } finally {
      this.#busy -= 1;
      if (this.#busy === 0) for (const done of this.#drained.splice(0)) done();
    }
  }

  /** Waits for all actions that have been asked for, then closes every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    if (this.#busy > 0) await new Promise<void>((resolve) => this.#drained.push(resolve));
    await Promise.all(this.#opening);
    await Promise.all(this.#idle.splice(0).map((connection) => connection.close()));
  }

  async #acquire(): Promise<Connection> {
    const idle = this.#idle.pop();
    if (idle) return idle;
    return new Promise((take, fail) => {
      this.#waiters.push({ take, fail });
      if (this.#count < this.#limit) this.#grow();
    });
  }

  #grow(): void {
    this.#count += 1;
    const opening = this.#openOne().finally(() => this.#opening.delete(opening));
    this.#opening.add(opening);
  }

  async #openOne(): Promise<void> {
    try {
      this.#serve(await this.#open());
    } catch (error) {
      this.#count -= 1;
      // A daemon that accepts no more connections is no failure as long as it keeps the ones that are open.
      if (this.#count > 0) this.#limit = this.#count;
      else for (const { fail } of this.#waiters.splice(0)) fail(error);
    }
  }

  async #release(connection: Connection): Promise<void> {
    if (connection.isAlive()) {
      this.#serve(connection);
      return;
    }
    this.#count -= 1;
    if (this.#waiters.length > 0) this.#grow();
    await connection.close();
  }

  #serve(connection: Connection): void {
    const waiter = this.#waiters.shift();
    if (waiter) waiter.take(connection);
    else this.#idle.push(connection);
  }
}

/** Returns the error for a daemon that ended in the middle of the work. */
function hungUpError(cause: LibvirtError): VirtbsError {
  return new VirtbsError('libvirt-unreachable', `libvirt has hung up: ${cause.message}`, {
    hint: 'its daemon has ended or was restarted: see that it runs, then give the same command again; cycle and wipe put right what is half done',
    cause,
  });
}
