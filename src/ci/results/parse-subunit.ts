import type { TestResult } from '../test-result.js';
import type { ParsedResults, ResultSource } from './parsed-results.js';
import { ResultCollector } from './result-collector.js';
import { readHead, readPacket, SIGNATURE, type SubunitPacket } from './subunit-packet.js';
import { BoundedText } from '../../process/bounded-text.js';

const LINE_FEED = 0x0a;

/** Bytes of which the checksum may be reckoned in vain: a file can be made so that each byte seems to begin a long packet. */
const MOST_VAIN = 128 * 1024 * 1024;

/** Characters of an id by which packets of a test are known. */
const MOST_ID = 4096;

/** Tests that run at the same time, before the oldest is taken for one that does not end. */
const MOST_OPEN = 10_000;

const FINAL = {
  success: 'success',
  uxsuccess: 'uxsuccess',
  skip: 'skip',
  fail: 'fail',
  xfail: 'xfail',
} as const satisfies Partial<Record<SubunitPacket['status'], TestResult['status']>>;

interface OpenTest {
  readonly name: string;
  readonly details: Map<string, OpenDetail>;
  readonly tags: Set<string>;
  startedAt?: string;
  started?: number;
  last?: number;
  hasBegun: boolean;
}

interface OpenDetail {
  readonly text: BoundedText;
  readonly isText: boolean;
  /** Bytes that came. */
  bytes: number;
}

/**
 * Reads subunit v2, also with other text between its packets. A test that began and did not end has failed: its process died. Where
 * a packet is broken, it says so, and goes on with the next whole one.
 */
export async function parseSubunit({ name, bytes, limits }: ResultSource): Promise<ParsedResults> {
  const collector = new ResultCollector(name, limits);
  const stream = new SubunitStream(collector);
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    pending = pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([pending, chunk]);
    pending = stream.take(pending, false);
    if (stream.isHopeless) break;
  }
  if (!stream.isHopeless) stream.take(pending, true);
  stream.end();
  return collector.end();
}

class SubunitStream {
  readonly #collector: ResultCollector;
  readonly #open = new Map<string, OpenTest>();
  /** Bytes before those at hand. */
  #offset = 0;
  #packets = 0;
  #vain = 0;
  /** Bytes of details of tests that run. */
  #held = 0;
  /** Whether a packet can begin here: at the beginning, after a packet or a line. */
  #isBoundary = true;
  isHopeless = false;

  constructor(collector: ResultCollector) {
    this.#collector = collector;
  }

  /** Reads all packets that are there, and returns the bytes from which on more is needed. */
  take(bytes: Buffer, isEnd: boolean): Buffer {
    let place = 0;
    while (place < bytes.length && !this.isHopeless) {
      if (bytes[place] !== SIGNATURE) {
        place = this.#passNoise(bytes, place);
        continue;
      }
      const length = this.#takePacket(bytes.subarray(place), this.#offset + place, isEnd);
      if (length === 'more') break;
      if (length === 0) this.#isBoundary = false;
      place += Math.max(length, 1);
    }
    this.#offset += place;
    return bytes.subarray(place);
  }

  end(): void {
    for (const test of this.#open.values()) this.#giveUp(test);
    if (this.#packets === 0 && !this.isHopeless) this.#collector.problem('', 'there is no packet of subunit v2 in it');
  }

  #passNoise(bytes: Buffer, place: number): number {
    const next = bytes.indexOf(SIGNATURE, place);
    const end = next === -1 ? bytes.length : next;
    this.#isBoundary = bytes[end - 1] === LINE_FEED;
    return end;
  }

  /** Returns the length of the packet; 0 where there is none. */
  #takePacket(bytes: Buffer, place: number, isEnd: boolean): number | 'more' {
    const head = readHead(bytes);
    if (head === 'more' || (typeof head === 'object' && 'length' in head && head.length > bytes.length)) {
      if (!isEnd) return 'more';
      return this.#refuse(place, 'the file ends inside of a packet');
    }
    if ('wrong' in head) return this.#refuse(place, head.wrong);
    try {
      this.#use(readPacket(bytes.subarray(0, head.length), head));
    } catch (error) {
      this.#vain += head.length;
      this.isHopeless = this.#vain > MOST_VAIN;
      if (this.isHopeless) this.#collector.problem(`: byte ${place}`, 'too much of it is broken: the rest is not read');
      return this.#refuse(place, error instanceof Error ? error.message : String(error));
    }
    this.#packets += 1;
    this.#isBoundary = true;
    return head.length;
  }

  /** Says what is wrong, where a packet was to be expected: the same byte can be in a text. */
  #refuse(place: number, why: string): 0 {
    if (this.#isBoundary) this.#collector.problem(`: byte ${place}`, `broken packet: ${why}`);
    return 0;
  }

  #use(packet: SubunitPacket): void {
    const { testId, status, route = '' } = packet;
    if (testId === undefined || status === 'exists') return;
    const key = JSON.stringify([testId.slice(0, MOST_ID), route.slice(0, MOST_ID)]);
    const test = this.#open.get(key) ?? this.#begin(key, this.#collector.cutName(testId));
    for (const tag of packet.tags ?? []) {
      if (test.tags.size < this.#collector.limits.tags) test.tags.add(this.#collector.cutName(tag));
    }
    this.#attach(test, packet);
    if (packet.seconds !== undefined) test.last = packet.seconds;
    if (status === 'inprogress' && !test.hasBegun) {
      test.hasBegun = true;
      if (packet.time !== undefined) test.startedAt = packet.time;
      if (packet.seconds !== undefined) test.started = packet.seconds;
    }
    if (status === 'none' || status === 'inprogress') return;
    this.#close(key, test);
    this.#collector.add(resultOf(test, FINAL[status], packet));
  }

  #begin(key: string, name: string): OpenTest {
    for (const [oldest, test] of this.#open) {
      if (this.#open.size < MOST_OPEN) break;
      this.#close(oldest, test);
      this.#giveUp(test);
    }
    const test: OpenTest = { name, details: new Map(), tags: new Set(), hasBegun: false };
    this.#open.set(key, test);
    return test;
  }

  #attach(test: OpenTest, { file, mime }: SubunitPacket): void {
    if (!file) return;
    const { limits } = this.#collector;
    const name = this.#collector.cutName(file.name);
    let detail = test.details.get(name);
    if (!detail) {
      if (test.details.size >= limits.details) return;
      detail = { text: new BoundedText(limits.detail), isText: mime === undefined || isText(mime), bytes: 0 };
      test.details.set(name, detail);
    }
    detail.bytes += file.content.length;
    if (!detail.isText || this.#held >= limits.text) return;
    this.#held += file.content.length;
    detail.text.add(Buffer.from(file.content));
  }

  #close(key: string, test: OpenTest): void {
    this.#open.delete(key);
    for (const { isText: isHeld, bytes } of test.details.values()) if (isHeld) this.#held -= bytes;
    this.#held = Math.max(0, this.#held);
  }

  #giveUp(test: OpenTest): void {
    // Only attachments or tags: nothing says that it ran.
    if (!test.hasBegun) return;
    this.#collector.add({ ...resultOf(test, 'fail'), reason: 'it began and did not end' });
  }
}

function resultOf(
  test: OpenTest,
  status: TestResult['status'],
  { time, seconds }: Pick<SubunitPacket, 'time' | 'seconds'> = {},
): TestResult {
  const startedAt = test.startedAt ?? time;
  const details: [string, string][] = [];
  for (const [name, { text, isText: shown, bytes }] of test.details) {
    details.push([name, shown ? text.toString() : `[${bytes} bytes, not text]`]);
  }
  const reason = details.find(([name]) => name === 'reason')?.[1].trim();
  return {
    name: test.name,
    status,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(test.started === undefined || seconds === undefined
      ? {}
      : { seconds: Math.max(0, round(seconds - test.started)) }),
    ...(test.tags.size === 0 ? {} : { tags: [...test.tags] }),
    ...(reason === undefined || reason === '' ? {} : { reason }),
    ...(details.length === 0 ? {} : { details: Object.fromEntries(details.filter(([name]) => name !== 'reason')) }),
  };
}

function isText(mime: string): boolean {
  return /^text\/|json|xml|utf-?8/i.test(mime);
}

/** To the microsecond: the difference of two such times has more digits than they have. */
function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}
