import type { Connection } from './connection.js';
import type { Out, Pointer } from './native-functions.js';
import { objectUuid } from './object-uuid.js';

/** Sums over a domain's processors, NICs and disks since its start; all 0 while it is off. */
export interface DomainStats {
  readonly uuid: string;
  readonly cpuTimeNanoseconds: number;
  /** Memory of the host that the emulator holds. */
  readonly residentBytes: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
}

const CPU_TOTAL = 2;
const BALLOON = 4;
const INTERFACE = 16;
const BLOCK = 32;

/** The statistics of all domains in one round trip. */
export async function readDomainStats(connection: Connection): Promise<DomainStats[]> {
  const list: Out<Pointer> = [null];
  const wanted = CPU_TOTAL | BALLOON | INTERFACE | BLOCK;
  const length = await connection.call('virConnectGetAllDomainStats', connection.pointer, wanted, list, 0);
  const [records] = list;
  if (records === null) return [];
  try {
    return connection.readStats(records, length).map(({ domain, values }) => {
      const uuid = objectUuid(connection, 'virDomainGetUUIDString', domain);
      return { uuid, ...sumUp(values) };
    });
  } finally {
    connection.callHere('virDomainStatsRecordListFree', records);
  }
}

/** The names are libvirt's: https://libvirt.org/html/libvirt-libvirt-domain.html#virConnectGetAllDomainStats */
function sumUp(values: ReadonlyMap<string, number>): Omit<DomainStats, 'uuid'> {
  const sum = (pattern: RegExp): number => {
    let total = 0;
    for (const [name, value] of values) if (pattern.test(name)) total += value;
    return total;
  };
  return {
    cpuTimeNanoseconds: values.get('cpu.time') ?? 0,
    residentBytes: (values.get('balloon.rss') ?? 0) * 1024,
    receivedBytes: sum(/^net\.\d+\.rx\.bytes$/),
    sentBytes: sum(/^net\.\d+\.tx\.bytes$/),
    readBytes: sum(/^block\.\d+\.rd\.bytes$/),
    writtenBytes: sum(/^block\.\d+\.wr\.bytes$/),
  };
}
