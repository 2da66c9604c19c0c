import { minimatch } from 'minimatch';
import { MACHINE_CLOCK, type Clock } from '../../clock.js';
import type { VirtbsEvent } from '../../events.js';
import { onAbort } from '../../process/on-abort.js';
import { describeEnd } from '../../process/run-program.js';
import { streamProgram } from '../../process/stream-program.js';
import type { ChangeEvent } from '../change-event.js';
import type { EventSource, EventSourceOptions } from '../event-source.js';
import { EventQueue } from './event-queue.js';
import { GerritAway, GerritRefusal } from './gerrit-away.js';
import type { GerritClient } from './gerrit-client.js';
import type { GerritConnection } from './gerrit-connection.js';
import type { GerritSettings } from './gerrit-settings.js';
import { lookAgain } from './look-again.js';
import { readStreamEvent } from './read-stream-event.js';
import { sshHint } from './run-gerrit-command.js';
import { SeenEvents, type FindIds } from './seen-events.js';
import { ALIVE_SECONDS, sshArguments } from './ssh-arguments.js';

export interface GerritSourceOptions {
  readonly settings: GerritSettings;
  readonly connection: GerritConnection;
  /** For the plugin events-log; null where there is no REST interface. */
  readonly client: GerritClient | null;
  /** The tag of our own messages. */
  readonly tag: string;
  readonly emit: (event: VirtbsEvent) => void;
  /** Names of the projects that matter; all that we may see where there are none. */
  readonly projects?: readonly string[];
  /** Whether the files of patch sets are wanted. */
  readonly files?: boolean;
  /** Ids of events that are stored. */
  readonly findIds?: FindIds;
  /** Whether it looks once and ends. */
  readonly once?: boolean;
  readonly times?: Partial<SourceTimes>;
  readonly clock?: Clock;
}

/** Milliseconds, but for `alive`. */
export interface SourceTimes {
  /** After a connection: what happens until the stream is there is found by a second look. */
  readonly settle: number;
  /** Between two looks at a stream that seems well. */
  readonly lookEvery: number;
  /** Before each further attempt; the last one counts for all others. */
  readonly pauses: readonly number[];
  /** How much further back than the last look. */
  readonly overlap: number;
  /** After so long an event that the stream did not bring is one that it will not bring. */
  readonly late: number;
  /** Seconds between two questions whether the server is there; three without an answer end the connection. */
  readonly alive: number;
}

export const SOURCE_TIMES: SourceTimes = {
  settle: 30_000,
  lookEvery: 3_600_000,
  pauses: [1000, 2000, 5000, 10_000, 30_000, 60_000, 120_000, 300_000],
  overlap: 600_000,
  late: 60_000,
  alive: ALIVE_SECONDS,
};

/** Characters of an event: a commit message is in it, and all that a plugin adds. */
const LONGEST_EVENT = 4 * 1024 ** 2;
/** Events that wait for the reader; the rest waits in Gerrit. */
const WAITING = 1000;
/** A connection that held for so long was a good one; milliseconds. */
const GOOD = 60_000;
/** Attempts to learn the files of a patch set: right after an event Gerrit may not know it yet. */
const FILE_PAUSES = [0, 1000, 5000];

/**
 * Gerrit's events: those of its stream, and after each interruption, at the start and every hour, what it can still tell of
 * earlier ones. Each is yielded once, whichever ways it was told.
 */
export class GerritSource implements EventSource {
  readonly name: string;
  readonly #options: GerritSourceOptions;
  readonly #times: SourceTimes;
  readonly #clock: Clock;
  readonly #seen: SeenEvents;

  constructor(options: GerritSourceOptions) {
    this.#options = options;
    this.#times = { ...SOURCE_TIMES, ...options.times };
    this.#clock = options.clock ?? MACHINE_CLOCK;
    this.#seen = new SeenEvents(options.findIds);
    this.name = `gerrit:${options.settings.host}`;
  }

  async *events({ signal, since }: EventSourceOptions): AsyncGenerator<ChangeEvent, void, undefined> {
    if (this.#options.once === true) {
      yield* this.#lookOnce(signal, since);
      return;
    }
    const stop = new AbortController();
    const queue = new EventQueue<ChangeEvent>(WAITING);
    const halt = (): void => {
      stop.abort();
      queue.close();
    };
    signal.addEventListener('abort', halt, { once: true });
    if (signal.aborted) halt();
    const looks = new Looks();
    const push = async (event: ChangeEvent): Promise<boolean> => {
      if (this.#isIgnored(event) || !(await this.#seen.add(event.id))) return false;
      await queue.push(event);
      return true;
    };
    const works = [
      this.#keepStream({ push, looks, signal: stop.signal }),
      this.#keepLooking({ push, looks, signal: stop.signal, since }),
    ].map(async (work) => {
      try {
        await work;
      } catch (error) {
        if (!stop.signal.aborted) queue.fail(error);
      }
    });
    try {
      for await (const event of queue.read()) {
        if (signal.aborted) return;
        yield await this.#withFiles(event, stop.signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', halt);
      halt();
      await Promise.all(works);
    }
  }

  async *#lookOnce(signal: AbortSignal, since?: string): AsyncGenerator<ChangeEvent, void, undefined> {
    const { connection } = this.#options;
    await connection.readClock(signal);
    const from = (since === undefined ? connection.now() : Date.parse(since)) - this.#times.overlap;
    for await (const event of this.#look(from / 1000, { thorough: true, signal })) {
      const isNew = !this.#isIgnored(event) && (await this.#seen.add(event.id));
      if (isNew) yield await this.#withFiles(event, signal);
    }
  }

  /** The stream, again and again. */
  async #keepStream({ push, looks, signal }: Work): Promise<void> {
    for (let failures = 0; ;) {
      const begun = this.#clock.now();
      let heard = false;
      // What is lost before the stream is there is found by the second one.
      looks.ask('connection');
      const settled = this.#later(this.#times.settle, signal, () => looks.ask('connection'));
      const why = await this.#readStream(async (event) => {
        heard = true;
        if (event.type === 'lost') looks.ask(event.why);
        else if (event.type === 'event') await push(event.event);
      }, looks.restart(signal));
      settled();
      if (signal.aborted) return;
      if (heard || this.#clock.now() - begun >= GOOD) failures = 0;
      const pause = pauseOf(this.#times.pauses, failures);
      failures++;
      this.#warn(`${this.name}: the stream of events ended: ${why.message}`, pause, why.hint);
      await this.#clock.sleep(pause, signal);
    }
  }

  async #readStream(
    onEvent: (event: ReturnType<typeof readStreamEvent>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<{ readonly message: string; readonly hint?: string | undefined }> {
    const { settings } = this.#options;
    const words = ['gerrit', 'stream-events'];
    try {
      const ended = await streamProgram('ssh', sshArguments(settings, words, this.#times.alive), {
        signal,
        limits: { kept: 4096, line: LONGEST_EVENT },
        onLine: async (line, stream) => {
          if (stream === 'stdout' && line.trim() !== '') await onEvent(this.#readLine(line));
        },
      });
      return { message: describeEnd('ssh', { ...ended, stdout: '' }), hint: sshHint(ended.stderr) };
    } catch (error) {
      if (signal.aborted) return { message: 'it brought nothing that happened' };
      throw error;
    }
  }

  #readLine(line: string): ReturnType<typeof readStreamEvent> {
    try {
      const context = { server: this.name, now: this.#options.connection.now() };
      return readStreamEvent(JSON.parse(line), context);
    } catch {
      return { type: 'lost', why: 'a line of the stream is no JSON' };
    }
  }

  /** Looks whenever it is asked, and every hour; a look that fails is made again. */
  async #keepLooking({ push, looks, signal, since }: Work & { readonly since: string | undefined }): Promise<void> {
    const { connection } = this.#options;
    const { overlap, lookEvery, late } = this.#times;
    const known = since === undefined ? Number.NaN : Date.parse(since);
    let from = known;
    for (let failures = 0; ;) {
      const asked = await looks.next(this.#timer(lookEvery, signal), signal);
      if (signal.aborted) return;
      try {
        await connection.readClock(signal);
        const begun = connection.now();
        if (Number.isNaN(from)) from = begun;
        let news = 0;
        for await (const event of this.#look((from - overlap) / 1000, { thorough: asked === null, signal })) {
          const isNew = await push(event);
          const at = Date.parse(event.at);
          if (isNew && at > from && at < begun - late) news++;
        }
        from = begun;
        failures = 0;
        // A stream that is open and silent while something happens is none.
        if (asked === null && news > 0) looks.interrupt();
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof GerritAway || error instanceof GerritRefusal)) throw error;
        const pause = pauseOf(this.#times.pauses, failures);
        failures++;
        looks.ask(asked ?? 'hour');
        this.#warn(`${this.name}: what was missed cannot be asked for: ${error.message}`, pause, hintOf(error));
        await this.#clock.sleep(pause, signal).catch(() => undefined);
      }
    }
  }

  #look(from: number, { thorough, signal }: { thorough: boolean; signal: AbortSignal }): AsyncIterable<ChangeEvent> {
    const { connection, client, projects = [], files = false, tag } = this.#options;
    return lookAgain(from, { connection, client, server: this.name, projects, files, tag, thorough, signal });
  }

  /** Our own comments; patch sets and comments of accounts that are ignored. A change ends whoever ends it. */
  #isIgnored({ kind, author, patchSet }: ChangeEvent): boolean {
    const { user, ignore } = this.#options.settings;
    if (kind === 'comment' && author === user) return true;
    if (kind !== 'comment' && kind !== 'patchset') return false;
    const who = kind === 'comment' ? author : (patchSet?.uploader ?? author);
    return who !== undefined && ignore.some((glob) => minimatch(who, glob, { dot: true }));
  }

  /** An event whose files cannot be learnt goes on without them: a job that asks for files runs then. */
  async #withFiles(event: ChangeEvent, signal: AbortSignal): Promise<ChangeEvent> {
    const { project, change, patchSet, kind } = event;
    const isWanted = this.#options.files === true && (kind === 'patchset' || kind === 'comment');
    if (!isWanted || event.files || !change || !patchSet) return event;
    let why = 'Gerrit does not know the patch set';
    for (const pause of FILE_PAUSES) {
      try {
        if (pause > 0) await this.#clock.sleep(pause, signal);
        const name = { project, number: change.number };
        const files = await this.#options.connection.filesOf(name, patchSet.revision, signal);
        if (files) return { ...event, files };
      } catch (error) {
        if (signal.aborted) return event;
        if (!(error instanceof GerritAway || error instanceof GerritRefusal)) throw error;
        why = error.message;
      }
    }
    const what = `${project} ${change.number},${patchSet.number}`;
    this.#options.emit({ type: 'warning', message: `${this.name}: the files of ${what} are not known: ${why}` });
    return event;
  }

  #warn(message: string, pause: number, hint: string | undefined): void {
    const again = `; again in ${Math.max(1, Math.round(pause / 1000))} s`;
    this.#options.emit({ type: 'warning', message: message + again, ...(hint !== undefined && { hint }) });
  }

  #timer(milliseconds: number, signal: AbortSignal): Timer {
    return (then) => this.#later(milliseconds, signal, then);
  }

  /** Calls something later; the result calls it off. */
  #later(milliseconds: number, signal: AbortSignal, then: () => void): () => void {
    const off = new AbortController();
    const either = AbortSignal.any([signal, off.signal]);
    this.#clock.sleep(milliseconds, either).then(then, () => undefined);
    return () => off.abort();
  }
}

interface Work {
  readonly push: (event: ChangeEvent) => Promise<boolean>;
  readonly looks: Looks;
  readonly signal: AbortSignal;
}

type Timer = (then: () => void) => () => void;

/** Who asks for a look, and what a look asks of the stream. */
class Looks {
  #asked: string | undefined;
  #wake: () => void = () => undefined;
  #stream = new AbortController();

  ask(why: string): void {
    this.#asked = why;
    this.#wake();
  }

  /** Waits for the next reason to look; null where it is only time again. */
  async next(timer: Timer, signal: AbortSignal): Promise<string | null> {
    if (this.#asked === undefined) {
      const { promise, resolve } = withResolvers();
      const cancel = timer(resolve);
      this.#wake = resolve;
      using _abort = onAbort(signal, resolve);
      await promise;
      cancel();
      this.#wake = () => undefined;
    }
    const asked = this.#asked ?? null;
    this.#asked = undefined;
    return asked;
  }

  /** A signal for the stream that is about to be opened. */
  restart(signal: AbortSignal): AbortSignal {
    this.#stream = new AbortController();
    return AbortSignal.any([signal, this.#stream.signal]);
  }

  /** Ends the stream that is open. */
  interrupt(): void {
    this.#stream.abort();
  }
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function pauseOf(pauses: readonly number[], failures: number): number {
  return pauses[Math.min(failures, pauses.length - 1)] ?? 0;
}

function hintOf(error: GerritAway | GerritRefusal): string | undefined {
  return error instanceof GerritAway ? error.hint : undefined;
}
