import type koffiModule from 'koffi';
import type { TypeObject } from 'koffi';
import { VirtbsError } from '../errors.js';
import { loadKoffi } from '../load-koffi.js';
import { LIBVIRT_ERROR_CODE } from './libvirt-error-code.js';
import { LibvirtError } from './libvirt-error.js';
import { NATIVE_PROTOTYPES, NATIVE_STRUCTURES } from './native-functions.js';
import type { NativeName, NativeSignatures, Pointer } from './native-functions.js';

type Koffi = typeof koffiModule;
type LibraryHandle = ReturnType<Koffi['load']>;
type Arguments<N extends NativeName> = Parameters<NativeSignatures[N]>;
type Result<N extends NativeName> = ReturnType<NativeSignatures[N]>;

interface NativeFunction {
  (...args: readonly unknown[]): unknown;
  readonly async: (...args: readonly unknown[]) => void;
}

let loading: Promise<NativeLibrary> | undefined;

/**
 * libvirt.so.0, loaded once and never unloaded: its threads' data outlives every connection.
 *
 * @throws VirtbsError `libvirt-missing`
 */
export async function loadNativeLibrary(): Promise<NativeLibrary> {
  loading ??= loadKoffi().then((koffi) => new NativeLibrary(koffi, openLibrary(koffi)));
  return loading;
}

/** libvirt's functions, and what is needed to read what they leave behind. Knows nothing of their meaning. */
export class NativeLibrary {
  readonly #koffi: Koffi;
  readonly #functions: Readonly<Record<NativeName, NativeFunction>>;
  readonly #errorType: TypeObject;
  readonly #copyConnectionError: NativeFunction;
  readonly #copyThreadError: NativeFunction;
  readonly #resetError: NativeFunction;

  constructor(koffi: Koffi, handle: LibraryHandle) {
    this.#koffi = koffi;
    this.#functions = declareFunctions(koffi, handle);
    this.#errorType = declareErrorType(koffi);
    this.#copyConnectionError = handle.func('int virConnCopyLastError(void *connection, void *error)');
    this.#copyThreadError = handle.func('int virCopyLastError(void *error)');
    this.#resetError = handle.func('void virResetError(void *error)');
    silence(handle);
  }

  /** Calls on a worker thread. */
  async run<N extends NativeName>(name: N, args: Arguments<N>): Promise<Result<N>> {
    return new Promise((resolve, reject) => {
      this.#functions[name].async(...args, (error: unknown, result: Result<N>) => {
        if (error) reject(error);
        else resolve(result);
      });
    });
  }

  /** Calls on this thread: for what answers at once, without asking the daemon. */
  runHere<N extends NativeName>(name: N, args: Arguments<N>): Result<N> {
    return this.#functions[name](...args) as Result<N>;
  }

  /** The addresses in a list that libvirt allocated; the list is freed, what its members point to is not. */
  takeList(list: Pointer | null, length: number): Pointer[] {
    if (list === null) return [];
    const pointers: Pointer[] = length > 0 ? this.#koffi.decode(list, 'void *', length) : [];
    this.#koffi.free(list);
    return pointers;
  }

  /** Why the last failed call on a connection failed, or, without a connection, the last one on this thread. */
  lastError(connection: Pointer | null): LibvirtError {
    const buffer = Buffer.alloc(this.#koffi.sizeof(this.#errorType));
    if (connection === null) this.#copyThreadError(buffer);
    else this.#copyConnectionError(connection, buffer);
    const { code, domain, message, int1 } = this.#koffi.decode(buffer, this.#errorType);
    this.#resetError(buffer);
    return new LibvirtError({
      code,
      domain,
      message: message ?? 'libvirt gives no reason',
      errno: code === LIBVIRT_ERROR_CODE.SYSTEM_ERROR && int1 > 0 ? int1 : null,
    });
  }
}

function openLibrary(koffi: Koffi): LibraryHandle {
  try {
    return koffi.load('libvirt.so.0', { lazy: true });
  } catch (error) {
    throw new VirtbsError('libvirt-missing', 'libvirt.so.0: not found on this machine', {
      hint: 'run ./bin/quickstart, or install the package libvirt0 (Debian, Ubuntu) or libvirt-libs (Fedora)',
      cause: error,
    });
  }
}

function declareFunctions(koffi: Koffi, handle: LibraryHandle): Record<NativeName, NativeFunction> {
  for (const [name, members] of Object.entries(NATIVE_STRUCTURES)) {
    const types = Object.entries(members).map(([member, type]) => [
      member,
      typeof type === 'string' ? type : koffi.array(type[0], type[1]),
    ]);
    koffi.struct(name, Object.fromEntries(types));
  }
  const functions = Object.entries(NATIVE_PROTOTYPES).map(([name, prototype]) => [name, handle.func(prototype)]);
  return Object.fromEntries(functions);
}

function declareErrorType(koffi: Koffi): TypeObject {
  return koffi.struct({
    code: 'int',
    domain: 'int',
    message: 'str',
    level: 'int',
    connection: 'void *',
    domainObject: 'void *',
    str1: 'void *',
    str2: 'void *',
    str3: 'void *',
    int1: 'int',
    int2: 'int',
    network: 'void *',
  });
}

/**
 * Keeps libvirt from printing every error on stderr. The handler is called on libvirt's threads, where nothing of ours may
 * run, so it is a function of libvirt itself: virResetError, which does nothing with the NULL it is given first.
 */
function silence(handle: LibraryHandle): void {
  const setErrorFunction = handle.func('void virSetErrorFunc(void *userData, void *handler)');
  setErrorFunction(null, handle.symbol('virResetError'));
}
