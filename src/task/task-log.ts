import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import pLimit from 'p-limit';
import type { Secrets } from '../secrets.js';

/** The most bytes of a task's output that are kept on this machine; the node has all of it. */
export const MOST_LOG = 16 * 1024 * 1024;

/** Bytes from the end of what was not kept, so that the last words are there. */
export const LOG_TAIL = 64 * 1024;

/** Logs that are open at the same time: thousands of tasks can end at once, and each would need a file descriptor. */
const writing = pLimit(16);

/** Characters of the longest secret, and more: see the schema. */
const LONGEST_SECRET = 8192;

/** The log of one task on one node, on this machine. Secrets are hidden in it. */
export interface TaskLog extends AsyncDisposable {
  /** The number of bytes of the node's log that have come. */
  readonly size: number;
  /** Adds what the node has written since; whole lines are kept at once, the rest with the next. */
  add(bytes: Buffer): Promise<void>;
  /** Says that bytes of the node's log were left out. */
  skip(bytes: number, where: string): Promise<void>;
  /** Returns the last lines, without what a terminal would obey. */
  tail(lines: number): readonly string[];
}

/** Opens the log anew. @param secrets what is shown as `***` in it */
export async function openTaskLog(path: string, secrets: Secrets): Promise<TaskLog> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await rm(path, { force: true });
  await writing(() => writeFile(path, '', { mode: 0o600, flag: 'wx' }));
  return new FileLog(path, secrets);
}

class FileLog implements TaskLog {
  size = 0;
  /** Not kept open: hundreds of tasks can run at once. */
  readonly #path: string;
  readonly #secrets: Secrets;
  readonly #last: string[] = [];
  #rest = Buffer.alloc(0);

  constructor(path: string, secrets: Secrets) {
    this.#path = path;
    this.#secrets = secrets;
  }

  async add(bytes: Buffer): Promise<void> {
    this.size += bytes.length;
    const all = Buffer.concat([this.#rest, bytes]);
    if (all.length > LOG_TAIL) {
      // A line without an end: a secret can lie across two parts of it, so the last bytes wait for the next part.
      const shown = this.#secrets.hide(all.toString());
      this.#rest = Buffer.from(shown.slice(-LONGEST_SECRET));
      return await this.#write(shown.slice(0, -LONGEST_SECRET));
    }
    const end = all.lastIndexOf(10) + 1;
    this.#rest = Buffer.from(all.subarray(end));
    await this.#write(all.subarray(0, end).toString());
  }

  async skip(bytes: number, where: string): Promise<void> {
    this.size += bytes;
    await this.#write(`\n[${bytes} bytes are left out here: ${where} on the node has all]\n`);
  }

  tail(lines: number): readonly string[] {
    const rest = this.#secrets.hide(this.#rest.toString());
    return [...this.#last, ...(rest === '' ? [] : [rest])].slice(-lines);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#write(this.#rest.toString());
    this.#rest = Buffer.alloc(0);
  }

  async #write(text: string): Promise<void> {
    if (text === '') return;
    const shown = this.#secrets.hide(text);
    const lines = shown.split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    this.#last.push(...lines.slice(-KEPT_LINES));
    this.#last.splice(0, this.#last.length - KEPT_LINES);
    await writing(() => appendFile(this.#path, shown));
  }
}

/** Lines that are held in memory for the error. */
const KEPT_LINES = 50;
