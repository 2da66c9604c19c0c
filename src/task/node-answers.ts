import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { VirtbsError } from '../errors.js';
import type { NodeRecord, TaskEnd } from './node-record.js';
import { parseRecords } from './parse-records.js';

/** The most bytes of all its records. */
const MOST_RECORDS = 16 * 1024 * 1024;

/** The longest line that a node may answer with. */
const LONGEST_LINE = 256 * 1024;

/** Lines of ssh or sudo that an error tells. */
const LAST_WORDS = 2000;

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: VirtbsError) => void;
}

/** A part of a file. */
interface FilePart {
  readonly bytes: Buffer;
  /** Of the whole file. */
  readonly size: number;
}

/** Somebody who waits for bytes on standard error. */
type Reader =
  | ({ readonly kind: 'part'; readonly most: number } & Waiter<FilePart>)
  | ({ readonly kind: 'records' } & Waiter<readonly NodeRecord[]>);

/** Hands the answers of a node to those who wait for them. Answers of one kind come in the order of the orders. */
export class NodeAnswers {
  readonly lost: Promise<VirtbsError>;
  readonly #node: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #boots: Waiter<string>[] = [];
  readonly #settled: Waiter<number>[] = [];
  readonly #readers: Reader[] = [];
  readonly #ends = new Map<string, Waiter<TaskEnd>>();
  #boot = '';
  #line = Buffer.alloc(0);
  #frames = Buffer.alloc(0);
  /** Bytes of it that have no end of the records in them. */
  #searched = 0;
  #failure: VirtbsError | undefined;
  #reason = '';

  constructor(node: string, child: ChildProcessWithoutNullStreams) {
    this.#node = node;
    this.#child = child;
    child.stdin.on('error', () => undefined); // the end of the process tells more
    child.stdout.on('data', (bytes: Buffer) => this.#onOutput(bytes));
    child.stderr.on('data', (bytes: Buffer) => this.#onFrames(bytes));
    this.lost = new Promise((resolve) => {
      child.on('error', (error) => resolve(this.#fail(error.message)));
      child.on('close', (code, signal) => {
        const words = this.#reason || this.#frames.toString().trim().slice(-LAST_WORDS);
        resolve(this.#fail(words || (signal ? `ended by ${signal}` : `the connection ended (exit code ${code})`)));
      });
    });
  }

  send(bytes: string | Uint8Array): void {
    if (!this.#failure) this.#child.stdin.write(bytes);
  }

  boot(): Promise<string> {
    return this.#wait((waiter) => this.#boots.push(waiter));
  }

  settled(): Promise<number> {
    return this.#wait((waiter) => this.#settled.push(waiter));
  }

  records(): Promise<readonly NodeRecord[]> {
    return this.#wait((waiter) => this.#readers.push({ kind: 'records', ...waiter }));
  }

  data(most: number): Promise<FilePart> {
    return this.#wait((waiter) => this.#readers.push({ kind: 'part', most, ...waiter }));
  }

  end(task: string): Promise<TaskEnd> {
    return this.#wait((waiter) => this.#ends.set(task, waiter));
  }

  #wait<T>(add: (waiter: Waiter<T>) => void): Promise<T> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      add({ resolve, reject });
    });
  }

  #fail(reason: string): VirtbsError {
    this.#failure ??= new VirtbsError('vm-failed', `${this.#node}: ${reason}`);
    const waiters = [...this.#boots, ...this.#settled, ...this.#readers, ...this.#ends.values()];
    for (const { reject } of waiters) reject(this.#failure);
    for (const list of [this.#boots, this.#settled, this.#readers]) list.length = 0;
    this.#ends.clear();
    return this.#failure;
  }

  #onOutput(bytes: Buffer): void {
    this.#line = Buffer.concat([this.#line, bytes]);
    for (let end = this.#line.indexOf(10); end >= 0; end = this.#line.indexOf(10)) {
      this.#onLine(this.#line.subarray(0, end).toString());
      this.#line = this.#line.subarray(end + 1);
    }
    if (this.#line.length > LONGEST_LINE) this.#giveUp('it answers with a line that has no end');
  }

  #onLine(line: string): void {
    const [kind, ...words] = line.split(' ');
    if (kind === 'agent') {
      this.#boot = words[1] ?? '';
      this.#boots.shift()?.resolve(this.#boot);
    } else if (kind === 'fatal') this.#giveUp(words.join(' '));
    else if (kind === 'synced') this.#settled.shift()?.resolve(Number(words[0]) || 0);
    else if (kind === 'done') {
      const [task = '', code = '-', , log, gives] = words;
      const waiter = this.#ends.get(task);
      this.#ends.delete(task);
      const unrecorded = code === 'unwritable' ? 'begin' : code === 'unwritten' ? 'end' : undefined;
      waiter?.resolve({
        code: /^\d+$/.test(code) ? Number(code) : null,
        hasLog: log === '1',
        hasValues: gives === '1',
        ...(unrecorded && { unrecorded }),
      });
    }
  }

  /** Reads answers. All other bytes are words of ssh, sudo or the login's shell. */
  #onFrames(bytes: Buffer): void {
    this.#frames = Buffer.concat([this.#frames, bytes]);
    for (let [reader] = this.#readers; reader; [reader] = this.#readers) {
      if (reader.kind === 'records' ? !this.#readRecords(reader) : !this.#readPart(reader)) return;
      this.#readers.shift();
      this.#searched = 0;
    }
    this.#frames = Buffer.from(this.#frames.subarray(-LAST_WORDS));
  }

  /** Returns false where not all of it has come. */
  #readPart({ most, resolve }: Reader & { readonly kind: 'part' }): boolean {
    const head = /(?:^|\n)data [^\n ]+ [^\n ]+ \d+ (\d+) (\d+)\n/.exec(this.#frames.toString('latin1'));
    if (!head) return false;
    const begin = head.index + head[0].length;
    const end = begin + Number(head[1]);
    if (end - begin > most) this.#giveUp('it answers with more than was asked for');
    if (this.#reason !== '' || this.#frames.length < end) return false;
    resolve({ bytes: Buffer.from(this.#frames.subarray(begin, end)), size: Number(head[2]) });
    this.#frames = this.#frames.subarray(end);
    return true;
  }

  #readRecords({ resolve }: Reader & { readonly kind: 'records' }): boolean {
    if (this.#frames.length > MOST_RECORDS) this.#giveUp(`its records of tasks are more than ${MOST_RECORDS} bytes`);
    const head = /^listed\n/m.exec(this.#frames.toString('latin1', this.#searched));
    if (this.#reason !== '' || !head) {
      this.#searched = this.#frames.lastIndexOf(10) + 1;
      return false;
    }
    const end = this.#searched + head.index;
    resolve(parseRecords(this.#frames.toString('utf8', 0, end), this.#boot));
    this.#frames = this.#frames.subarray(end + head[0].length);
    return true;
  }

  #giveUp(reason: string): void {
    this.#reason = reason;
    this.#child.kill();
  }
}
