import { VirtbsError } from '../errors.js';
import type { Connection } from './connection.js';
import { readDomainInfo } from './domain-info.js';
import type { DomainInfo } from './domain-info.js';
import { domainState } from './domain-state.js';
import type { DomainState } from './domain-state.js';
import { LIBVIRT_ERROR_CODE } from './libvirt-error-code.js';
import { isLibvirtError } from './libvirt-error.js';
import type { Out, Pointer } from './native-functions.js';
import { objectUuid } from './object-uuid.js';
import { withDomain } from './with-domain.js';

const { ARGUMENT_UNSUPPORTED, INTERNAL_ERROR, INVALID_ARG, NO_DOMAIN, NO_SUPPORT, OPERATION_INVALID } =
  LIBVIRT_ERROR_CODE;

const DEFINE_VALIDATE = 1;
const START_PAUSED = 1;
const START_AUTODESTROY = 2;
const XML_SECURE = 1;
const XML_INACTIVE = 2;
const XML_MIGRATABLE = 8;
const SAVE_PAUSED = 4;
const UNDEFINE_MANAGED_SAVE = 1;
const UNDEFINE_SNAPSHOTS_METADATA = 2;
const UNDEFINE_NVRAM = 4;
const UNDEFINE_CHECKPOINTS_METADATA = 16;
const UNDEFINE_ALL =
  UNDEFINE_MANAGED_SAVE | UNDEFINE_SNAPSHOTS_METADATA | UNDEFINE_NVRAM | UNDEFINE_CHECKPOINTS_METADATA;

export interface DefineOptions {
  /** Check the XML against libvirt's schema first. */
  readonly validate?: boolean;
}

/** A file that a domain is saved to. */
export interface SavedFile {
  readonly path: string;
  /** The domain as it is to be when it goes on, which must be the same machine to its guest; as it runs where not given. */
  readonly xml?: string | undefined;
}

/** A command of QMP. Source: https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html */
export interface MonitorCommand {
  readonly execute: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** File descriptors of this process that the emulator is given; it has its own afterwards. */
  readonly files?: readonly number[];
}

export interface CreateOptions {
  /** The guest stands still until it is resumed. */
  readonly paused?: boolean;
  /** Destroy it when this connection is closed, by the end of this process for example. */
  readonly transient?: boolean;
}

/** Defines a domain, or defines it anew where its UUID and name exist already. Returns the UUID. */
export async function defineDomain(connection: Connection, xml: string, options: DefineOptions): Promise<string> {
  const flags = options.validate ? DEFINE_VALIDATE : 0;
  const handle = await connection.call('virDomainDefineXMLFlags', connection.pointer, xml, flags);
  try {
    return objectUuid(connection, 'virDomainGetUUIDString', handle);
  } finally {
    connection.callHere('virDomainFree', handle);
  }
}

/**
 * Starts a domain as the XML says. Where one of its UUID and name is defined and off, that definition stays what it is, for the next
 * start; else libvirt forgets the domain as soon as it is off.
 */
export async function createDomain(
  connection: Connection,
  xml: string,
  { paused = false, transient = false }: CreateOptions,
): Promise<void> {
  const flags = (paused ? START_PAUSED : 0) | (transient ? START_AUTODESTROY : 0);
  const handle = await connection.call('virDomainCreateXML', connection.pointer, xml, flags);
  connection.callHere('virDomainFree', handle);
}

/**
 * Sends a command of QMP to a domain's emulator, with files that are open here, and returns what it answers, which is for a
 * schema to parse.
 *
 * @throws LibvirtError, VirtbsError `libvirt-failed` where the emulator refuses the command
 */
export async function askMonitor(connection: Connection, domain: string, command: MonitorCommand): Promise<unknown> {
  const { files = [], ...sent } = command;
  const text = await withDomain(connection, domain, (handle) =>
    connection.askMonitor(handle, JSON.stringify(sent), files),
  );
  const answer: unknown = JSON.parse(text);
  if (isRecord(answer) && 'return' in answer) return answer['return'];
  const reason = isRecord(answer) && isRecord(answer['error']) ? String(answer['error']['desc']) : text;
  throw new VirtbsError('libvirt-failed', `the emulator refuses ${command.execute}: ${reason}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/**
 * Starts a domain that libvirt forgets as soon as it is off, and that it destroys when this connection is closed, by the end
 * of this process for example. Returns the UUID.
 */
export async function runDomain(connection: Connection, xml: string): Promise<string> {
  const handle = await connection.call('virDomainCreateXML', connection.pointer, xml, START_AUTODESTROY);
  try {
    return objectUuid(connection, 'virDomainGetUUIDString', handle);
  } finally {
    connection.callHere('virDomainFree', handle);
  }
}

export async function readDomainXml(connection: Connection, domain: string): Promise<string> {
  return withDomain(connection, domain, (handle) => connection.call('virDomainGetXMLDesc', handle, 0));
}

/** Returns the XML by which the domain starts the next time, whatever runs now. */
export async function readDefinition(connection: Connection, domain: string): Promise<string> {
  const flags = XML_SECURE | XML_INACTIVE;
  return withDomain(connection, domain, (handle) => connection.call('virDomainGetXMLDesc', handle, flags));
}

/** Returns the XML of the machine that runs now, as `saveDomain` takes it. */
export async function readMigratableXml(connection: Connection, domain: string): Promise<string> {
  const flags = XML_SECURE | XML_MIGRATABLE;
  return withDomain(connection, domain, (handle) => connection.call('virDomainGetXMLDesc', handle, flags));
}

export async function readDomainState(connection: Connection, domain: string): Promise<DomainState> {
  return withDomain(connection, domain, async (handle) => {
    const state: Out<number> = [null];
    await connection.call('virDomainGetState', handle, state, [null], 0);
    return domainState(state[0] ?? 0);
  });
}

export async function readDomainInfoOf(connection: Connection, domain: string): Promise<DomainInfo> {
  return withDomain(connection, domain, (handle) => readDomainInfo(connection, handle));
}

export async function startDomain(connection: Connection, domain: string): Promise<void> {
  await withDomain(connection, domain, (handle) => connection.call('virDomainCreateWithFlags', handle, 0));
}

/** Lets the guest stand still; its memory and devices stay as they are. */
export async function suspendDomain(connection: Connection, domain: string): Promise<void> {
  await withDomain(connection, domain, (handle) => connection.call('virDomainSuspend', handle));
}

/**
 * Writes memory and devices of a domain to a new file, and turns it off. Where that fails the domain is paused.
 *
 */
export async function saveDomain(connection: Connection, domain: string, file: SavedFile): Promise<void> {
  await withDomain(connection, domain, (handle) =>
    connection.call('virDomainSaveFlags', handle, file.path, file.xml ?? null, SAVE_PAUSED),
  );
}

/**
 * Starts the domain that was saved to a file with what is in that, paused. The file stays, and can be used again.
 *
 * @param xml the domain as it is to be from now on, which must be the same machine to its guest; as it was saved where not given
 */
export async function restoreDomain(connection: Connection, path: string, xml?: string): Promise<void> {
  await connection.call('virDomainRestoreFlags', connection.pointer, path, xml ?? null, SAVE_PAUSED);
}

/** Lets the guest of a paused domain go on. */
export async function resumeDomain(connection: Connection, domain: string): Promise<void> {
  await withDomain(connection, domain, (handle) => connection.call('virDomainResume', handle));
}

/** Asks the guest to turn itself off, through its agent or ACPI, and returns at once. A domain that is off is left so. */
export async function shutDownDomain(connection: Connection, domain: string): Promise<void> {
  await unlessOff(connection, domain, (handle) => connection.call('virDomainShutdownFlags', handle, 0));
}

/** Asks the guest to start anew, through its agent or ACPI, and returns at once. */
export async function rebootDomain(connection: Connection, domain: string): Promise<void> {
  await withDomain(connection, domain, (handle) => connection.call('virDomainReboot', handle, 0));
}

/** Starts the machine anew, as its reset button would; the guest is not asked. */
export async function resetDomain(connection: Connection, domain: string): Promise<void> {
  await withDomain(connection, domain, (handle) => connection.call('virDomainReset', handle, 0));
}

/** Turns a domain off at once. One that is off or gone is left as it is. */
export async function destroyDomain(connection: Connection, domain: string): Promise<void> {
  await unlessGone(() => unlessOff(connection, domain, (handle) => connection.call('virDomainDestroy', handle)));
}

/**
 * Forgets a domain with its managed save, snapshots, checkpoints and NVRAM. One that still runs goes on until it is
 * destroyed; one that is gone already is no failure.
 */
export async function undefineDomain(connection: Connection, domain: string): Promise<void> {
  await unlessGone(() =>
    withDomain(connection, domain, async (handle) => {
      try {
        await connection.call('virDomainUndefineFlags', handle, UNDEFINE_ALL);
      } catch (error) {
        // Drivers that know none of these things refuse the flags.
        if (!isLibvirtError(error, INVALID_ARG, ARGUMENT_UNSUPPORTED, NO_SUPPORT)) throw error;
        await connection.call('virDomainUndefine', handle);
      }
    }),
  );
}

/** A domain that turned off meanwhile is no failure. */
async function unlessOff(
  connection: Connection,
  domain: string,
  action: (handle: Pointer) => Promise<unknown>,
): Promise<void> {
  await withDomain(connection, domain, async (handle) => {
    try {
      await action(handle);
    } catch (error) {
      if (!isLibvirtError(error, OPERATION_INVALID, INTERNAL_ERROR)) throw error;
      if ((await connection.call('virDomainIsActive', handle)) !== 0) throw error;
    }
  });
}

async function unlessGone(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!isLibvirtError(error, NO_DOMAIN)) throw error;
  }
}
