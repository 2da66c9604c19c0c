import type { Connection } from './connection.js';
import { readDomainInfo } from './domain-info.js';
import type { DomainInfo } from './domain-info.js';
import { LIBVIRT_ERROR_CODE } from './libvirt-error-code.js';
import { isLibvirtError } from './libvirt-error.js';
import type { Out, Pointer } from './native-functions.js';
import { objectUuid } from './object-uuid.js';

const { NO_DOMAIN, NO_DOMAIN_METADATA } = LIBVIRT_ERROR_CODE;

const LIST_ALL = 0;
const LIST_TRANSIENT = 8;
const METADATA_ELEMENT = 2;
/** The answer of virDomainGetID for a domain that is off: -1, unsigned. */
const NO_ID = 0xffff_ffff;

export interface DomainSummary extends DomainInfo {
  readonly name: string;
  readonly uuid: string;
  /** The number of a domain that runs, null while it is off. */
  readonly id: number | null;
  readonly persistent: boolean;
  /** The metadata element of the namespace asked for, as XML. */
  readonly metadata: string | null;
}

/**
 * All domains of the hypervisor, each in two round trips. One that vanishes meanwhile is left out.
 *
 * @param namespace URI of the metadata element to bring along; without it `metadata` is null
 */
export async function listDomains(connection: Connection, namespace: string | null): Promise<DomainSummary[]> {
  const handles = await listHandles(connection, LIST_ALL);
  try {
    const transient = await listTransient(connection);
    const summaries: DomainSummary[] = [];
    for (const handle of handles) {
      const summary = await summarize(connection, handle, { namespace, transient });
      if (summary) summaries.push(summary);
    }
    return summaries;
  } finally {
    freeHandles(connection, handles);
  }
}

async function listHandles(connection: Connection, flags: number): Promise<Pointer[]> {
  const list: Out<Pointer> = [null];
  const length = await connection.call('virConnectListAllDomains', connection.pointer, list, flags);
  return connection.takeList(list[0], length);
}

function freeHandles(connection: Connection, handles: readonly Pointer[]): void {
  for (const handle of handles) connection.callHere('virDomainFree', handle);
}

/** One round trip instead of one for each domain. */
async function listTransient(connection: Connection): Promise<ReadonlySet<string>> {
  const handles = await listHandles(connection, LIST_TRANSIENT);
  const uuids = handles.map((handle) => objectUuid(connection, 'virDomainGetUUIDString', handle));
  freeHandles(connection, handles);
  return new Set(uuids);
}

interface SummaryContext {
  readonly namespace: string | null;
  readonly transient: ReadonlySet<string>;
}

async function summarize(
  connection: Connection,
  handle: Pointer,
  { namespace, transient }: SummaryContext,
): Promise<DomainSummary | null> {
  const uuid = objectUuid(connection, 'virDomainGetUUIDString', handle);
  const id = connection.callHere('virDomainGetID', handle);
  try {
    const info = await readDomainInfo(connection, handle);
    const metadata = namespace === null ? null : await readMetadata(connection, handle, namespace);
    const name = connection.callHere('virDomainGetName', handle) ?? '';
    return { name, uuid, id: id === NO_ID ? null : id, persistent: !transient.has(uuid), metadata, ...info };
  } catch (error) {
    if (isLibvirtError(error, NO_DOMAIN)) return null;
    throw error;
  }
}

async function readMetadata(connection: Connection, handle: Pointer, namespace: string): Promise<string | null> {
  try {
    return await connection.call('virDomainGetMetadata', handle, METADATA_ELEMENT, namespace, 0);
  } catch (error) {
    if (isLibvirtError(error, NO_DOMAIN_METADATA)) return null;
    throw error;
  }
}
