import { setTimeout as sleep } from 'node:timers/promises';
import { assertAble } from '../driver/assert-able.js';
import type { Driver, HostUsage, Usage, VmUsage } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import { selectVms } from './select-vms.js';

export interface TopOptions {
  readonly driver: Driver;
  /** One slice; without it all. */
  readonly slice: number | undefined;
  /** VMs and roles of that slice; none means all. */
  readonly words: readonly string[];
  /** Milliseconds between two samples. */
  readonly interval: number;
}

export interface TopSample {
  readonly version: 1;
  readonly host: HostUsage | null;
  readonly vms: readonly VmLoad[];
}

export interface VmLoad {
  readonly slice: number;
  readonly hostname: string;
  readonly domain: string;
  readonly power: VmUsage['power'];
  readonly vcpu: number;
  /** The usage in percent of one processor: 100 is one whole processor. */
  readonly cpuPercent: number;
  readonly memoryMiB: number;
  /** Memory of the host that it holds; bytes. */
  readonly residentBytes: number;
  /** Bytes that its disks take on the host. */
  readonly diskBytes: number;
  /** Bytes in a second. */
  readonly readRate: number;
  readonly writeRate: number;
  readonly receiveRate: number;
  readonly sendRate: number;
}

/** Samples what VMs use, once after every interval, until the signal is raised. */
export async function* top(options: TopOptions, context: VerbContext): AsyncGenerator<TopSample> {
  const { interval } = options;
  const { signal } = context;
  let before = await takeUsage(options, context);
  while (!signal.aborted) {
    await sleep(interval, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const now = await takeUsage(options, context);
    yield compare(before, now);
    before = now;
  }
}

interface TimedUsage extends Usage {
  /** Milliseconds of a clock that never jumps. */
  readonly time: number;
}

async function takeUsage({ driver, slice, words }: TopOptions, context: VerbContext): Promise<TimedUsage> {
  assertAble(driver, 'usage');
  const usage = await driver.usage(slice === undefined ? {} : { slice }, context);
  const time = performance.now();
  if (slice === undefined || words.length === 0) return { ...usage, time };
  return { ...usage, vms: selectVms(usage.vms, words, slice), time };
}

function compare(before: TimedUsage, now: TimedUsage): TopSample {
  const seconds = Math.max(0.001, (now.time - before.time) / 1000);
  const vms = now.vms.map((vm): VmLoad => {
    const last = before.vms.find(({ uuid }) => uuid === vm.uuid);
    // A VM that was started anew meanwhile counts from 0.
    const rate = (key: keyof VmUsage & ('cpuTimeNanoseconds' | `${string}Bytes`)): number =>
      Math.max(0, Math.round((vm[key] - (last?.[key] ?? vm[key])) / seconds));
    const { slice, hostname, domain, power, vcpu, memoryMiB, residentBytes, diskBytes } = vm;
    return {
      slice,
      hostname,
      domain,
      power,
      vcpu,
      cpuPercent: Math.round(rate('cpuTimeNanoseconds') / 1e6) / 10,
      memoryMiB,
      residentBytes,
      diskBytes,
      readRate: rate('readBytes'),
      writeRate: rate('writtenBytes'),
      receiveRate: rate('receivedBytes'),
      sendRate: rate('sentBytes'),
    };
  });
  return { version: 1, host: now.host, vms };
}
