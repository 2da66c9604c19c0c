import type { LibvirtError } from './libvirt-error.js';
import type { NativeName, NativeSignatures, Pointer } from './native-functions.js';
import type { NativeLibrary, StatsRecord } from './native-library.js';

type Arguments<N extends NativeName> = Parameters<NativeSignatures[N]>;
type Result<N extends NativeName> = ReturnType<NativeSignatures[N]>;

/**
 * Opens one connection on a worker thread.
 *
 * @throws LibvirtError
 */
export async function openConnection(library: NativeLibrary, uri: string): Promise<Connection> {
  const pointer = await library.run('virConnectOpen', [uri]);
  if (pointer !== null) return new Connection(library, pointer);
  // The reason stayed behind in the worker thread: without a connection libvirt keeps it by thread. Where this second
  // attempt succeeds, all the better.
  const second = library.runHere('virConnectOpen', [uri]);
  if (second === null) throw library.lastError(null);
  return new Connection(library, second);
}

/**
 * One connection to a hypervisor. libvirt keeps the reason of a failure per connection, so only one call may be under way
 * at a time; the pool sees to that.
 */
export class Connection {
  readonly pointer: Pointer;
  readonly #library: NativeLibrary;

  constructor(library: NativeLibrary, pointer: Pointer) {
    this.#library = library;
    this.pointer = pointer;
  }

  /**
   * Calls libvirt on a worker thread. A call that runs cannot be stopped.
   *
   * @throws LibvirtError where the result is NULL or negative
   */
  async call<N extends NativeName>(name: N, ...args: Arguments<N>): Promise<NonNullable<Result<N>>> {
    const result = await this.#library.run(name, args);
    if (result === null || (typeof result === 'number' && result < 0)) throw this.lastError();
    return result;
  }

  /**
   * Sends a command of QMP to a domain's emulator, with files that are open here, and returns its answer.
   *
   * @throws LibvirtError; VirtbsError `libvirt-missing`
   */
  async askMonitor(domain: Pointer, command: string, files: readonly number[]): Promise<string> {
    const answer = await this.#library.askMonitor(domain, command, files);
    if (answer === null) throw this.lastError();
    return answer;
  }

  /** Calls libvirt on this thread, for functions that do not ask the daemon. Failures are for the caller to see. */
  callHere<N extends NativeName>(name: N, ...args: Arguments<N>): Result<N> {
    return this.#library.runHere(name, args);
  }

  takeList(list: Pointer | null, length: number): Pointer[] {
    return this.#library.takeList(list, length);
  }

  /** The list stays libvirt's, and so do the domains in it. */
  readStats(list: Pointer, length: number): StatsRecord[] {
    return this.#library.readStats(list, length);
  }

  lastError(): LibvirtError {
    return this.#library.lastError(this.pointer);
  }

  /** False once the daemon has hung up. */
  isAlive(): boolean {
    return this.callHere('virConnectIsAlive', this.pointer) === 1;
  }

  /** Must come last. */
  async close(): Promise<void> {
    await this.#library.run('virConnectClose', [this.pointer]);
  }
}
