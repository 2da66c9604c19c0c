import { ConnectionPool } from './connection-pool.js';
import { openConnection } from './connection.js';
import { LibvirtError } from './libvirt-error.js';
import { LibvirtPool } from './libvirt-pool.js';
import { loadNativeLibrary } from './native-library.js';
import { unreachableError } from './unreachable-error.js';

/** Node has four worker threads unless UV_THREADPOOL_SIZE says otherwise; each running call takes one. */
const DEFAULT_CONNECTIONS = 4;

export interface OpenOptions {
  /** Connections at most; the first is opened at once, the others while calls overlap. */
  readonly connections?: number;
  readonly signal?: AbortSignal;
}

/**
 * Connects to a hypervisor.
 *
 * @param uri as in https://libvirt.org/uri.html
 * @throws VirtbsError `libvirt-missing` without the library, `libvirt-unreachable` where nobody answers or lets us in
 */
export async function openLibvirt(uri: string, options: OpenOptions = {}): Promise<LibvirtPool> {
  const { connections = DEFAULT_CONNECTIONS, signal } = options;
  signal?.throwIfAborted();
  const library = await loadNativeLibrary();
  const pool = new ConnectionPool(async () => {
    try {
      return await openConnection(library, uri);
    } catch (error) {
      throw error instanceof LibvirtError ? unreachableError(uri, error) : error;
    }
  }, connections);
  await pool.use(async () => {}, signal);
  return new LibvirtPool(pool);
}
