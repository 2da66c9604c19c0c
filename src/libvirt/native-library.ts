import type koffiModule from 'koffi';
import type { TypeObject } from 'koffi';
import { VirtbsError } from '../errors.js';
import { loadKoffi } from '../load-koffi.js';
import { LIBVIRT_ERROR_CODE } from './libvirt-error-code.js';
import { LibvirtError } from './libvirt-error.js';
import { NATIVE_PROTOTYPES, NATIVE_STRUCTURES } from './native-functions.js';
import type { NativeName, NativeSignatures, Out, Pointer } from './native-functions.js';
import { readTypedParameters, TYPED_PARAMETER } from './typed-parameters.js';

type Koffi = typeof koffiModule;
type LibraryHandle = ReturnType<Koffi['load']>;
type Arguments<N extends NativeName> = Parameters<NativeSignatures[N]>;
type Result<N extends NativeName> = ReturnType<NativeSignatures[N]>;

/** The statistics of a domain: numbers, keyed by libvirt's names for them. Texts are left out. */
export interface StatsRecord {
  /** Freed together with the list. */
  readonly domain: Pointer;
  readonly values: ReadonlyMap<string, number>;
}

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
  readonly #statsType: TypeObject;
  readonly #copyConnectionError: NativeFunction;
  readonly #copyThreadError: NativeFunction;
  readonly #resetError: NativeFunction;
  #askMonitor: NativeFunction | undefined;

  constructor(koffi: Koffi, handle: LibraryHandle) {
    this.#koffi = koffi;
    this.#functions = declareFunctions(koffi, handle);
    this.#errorType = declareErrorType(koffi);
    this.#statsType = koffi.struct({ domain: 'void *', params: 'void *', count: 'int' });
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

  /**
   * Sends a command of QMP to a domain's emulator on a worker thread, and gives the emulator files that are open here. Returns its
   * answer; null where the call failed.
   *
   * @throws VirtbsError `libvirt-missing` where libvirt is older than 8.2, or has no library for it
   */
  async askMonitor(domain: Pointer, command: string, files: readonly number[]): Promise<string | null> {
    const ask = (this.#askMonitor ??= declareMonitor(this.#koffi));
    const answer: Out<Pointer> = [null];
    const given = files.length === 0 ? null : Int32Array.from(files);
    const result = await new Promise<number>((resolve, reject) => {
      const done = (error: unknown, code: number): void => (error ? reject(error) : resolve(code));
      ask.async(domain, command, files.length, given, [0], [null], answer, 0, done);
    });
    if (result < 0 || answer[0] === null) return null;
    const text: string = this.#koffi.decode(answer[0], 'char', -1);
    this.#koffi.free(answer[0]);
    return text;
  }

  /** The addresses in a list that libvirt allocated; the list is freed, what its members point to is not. */
  takeList(list: Pointer | null, length: number): Pointer[] {
    if (list === null) return [];
    const pointers: Pointer[] = length > 0 ? this.#koffi.decode(list, 'void *', length) : [];
    this.#koffi.free(list);
    return pointers;
  }

  /** The records of a list of statistics, which stays libvirt's. Source: `virDomainStatsRecord`, `virTypedParameter`. */
  readStats(list: Pointer, length: number): StatsRecord[] {
    const records: Pointer[] = length > 0 ? this.#koffi.decode(list, 'void *', length) : [];
    return records.map((record) => {
      const { domain, params, count } = this.#koffi.decode(record, this.#statsType);
      if (count === 0) return { domain, values: new Map() };
      const bytes = this.#koffi.array('uint8_t', count * TYPED_PARAMETER.size, 'Typed');
      return { domain, values: readTypedParameters(this.#koffi.decode(params, bytes)) };
    });
  }

  /** Returns why the last failed call on a connection failed, or, without a connection, the last one on this thread. */
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
      hint: 'run `virtbs quickstart`, or install the package libvirt0 (Debian, Ubuntu) or libvirt-libs (Fedora)',
      cause: error,
    });
  }
}

/** Source: libvirt-qemu.h */
function declareMonitor(koffi: Koffi): NativeFunction {
  try {
    const library = koffi.load('libvirt-qemu.so.0', { lazy: true });
    return library.func(
      'int virDomainQemuMonitorCommandWithFiles(void *domain, str command, uint count, int *files, ' +
        '_Out_ uint *outCount, _Out_ void **outFiles, _Out_ void **answer, uint flags)',
    );
  } catch (error) {
    throw new VirtbsError('libvirt-missing', 'libvirt cannot pass files to an emulator: that came with libvirt 8.2', {
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
