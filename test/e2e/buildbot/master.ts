import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageDirectory } from '../../../src/package-directory.js';
import { run } from '../run-virtbs.js';
import { until } from './until.js';

/** The program; `test/integrations/run --newer` names another one than that of this machine's Debian. */
const BUILDBOT = process.env['BUILDBOT'] ?? '/usr/bin/buildbot';

/** Milliseconds that a master may take to stop; it ends its VMs first. */
const MOST_STOP = 60_000;

/** What `master.cfg` reads, beside the folder of our module and the file for events. */
export interface MasterSettings {
  readonly port: number;
  /** The port for its mails; where not given, one that nobody listens on. */
  readonly smtp?: number;
  readonly command: readonly string[];
  readonly worker: Readonly<Record<string, unknown>>;
  readonly workers: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly builders: Readonly<Record<string, readonly string[]>>;
  /** Builders that one change starts, by its category; each builder is also started by its own name. */
  readonly starts?: Readonly<Record<string, readonly string[]>>;
}

/** What happened; of a worker that has attached only its name and the time. */
export interface BuildEvent {
  readonly event: 'new' | 'finished' | 'attached';
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly number: number;
  readonly builder: string;
  readonly worker: string;
  readonly results: string | null;
  /** What the first step says: why there is no worker. */
  readonly log: string;
  /** What its command printed. */
  readonly output: string;
}

/** When a build was begun, its worker attached, and it was ended: milliseconds since 1970. */
export interface BuildTimes {
  readonly asked: number;
  readonly attached: number;
  readonly ended: number;
}

/** A Buildbot master as a person runs it. */
export class Master {
  readonly #folder: string;
  readonly #log: string;
  readonly #settings: MasterSettings;
  #process: ChildProcess | undefined;

  constructor(directory: string, settings: MasterSettings) {
    this.#folder = join(directory, 'master');
    this.#log = join(directory, 'events');
    this.#settings = settings;
  }

  async create(): Promise<void> {
    await mkdir(this.#folder);
    await copyFile(join(await packageDirectory(), 'test/e2e/buildbot/master.cfg'), join(this.#folder, 'master.cfg'));
    const { code, stderr } = await run(this.#folder, [BUILDBOT, 'create-master', '--relocatable', '.']);
    if (code !== 0) throw new Error(stderr);
  }

  async start(): Promise<void> {
    const log = join(this.#folder, 'twistd.log');
    const said = async (): Promise<number> => (await text(log)).split('BuildMaster is running').length;
    const before = await said();
    const module = join(await packageDirectory(), 'integrations', 'buildbot');
    const settings = { smtp: 9, ...this.#settings, module, events: this.#log };
    const env = { ...process.env, MASTER_SETTINGS: JSON.stringify(settings), PYTHONDONTWRITEBYTECODE: '1' };
    const child = spawn(BUILDBOT, ['start', '--nodaemon', '.'], { cwd: this.#folder, env, stdio: 'ignore' });
    this.#process = child;
    await until('the master', async () => {
      if (child.exitCode !== null) throw new Error(await text(log));
      return (await said()) > before;
    });
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    // Buildbot 4.2.1 with the libraries of Debian 12 says that it is stopped, and its process stays.
    const killer = setTimeout(() => child.kill('SIGKILL'), MOST_STOP);
    await ended;
    clearTimeout(killer);
  }

  /** Asks for a build of a builder, or of several at once. */
  async change(category: string): Promise<void> {
    const { port } = this.#settings;
    const words = ['--master', `127.0.0.1:${port}`, '--auth', 'change:change', '--who', 'test', '--category', category];
    const { code, stderr } = await run(this.#folder, [BUILDBOT, 'sendchange', ...words, 'file']);
    if (code !== 0) throw new Error(stderr);
  }

  /** Returns how the first builds of a builder ended; waits for them. */
  async finished(builder: string, count: number): Promise<readonly BuildEvent[]> {
    const find = async (): Promise<readonly BuildEvent[]> => {
      const events = await this.#events();
      return events.filter((each) => each.builder === builder && each.event === 'finished').slice(0, count);
    };
    await until(`${count} builds of ${builder}`, async () => (await find()).length >= count);
    return await find();
  }

  /** Returns the times of the last build of a builder that has ended. */
  async times(builder: string): Promise<BuildTimes> {
    const events = await this.#events();
    const last = (event: string, fits: (each: BuildEvent) => boolean): BuildEvent => {
      const found = events.findLast((each) => each.event === event && fits(each));
      if (!found) throw new Error(`no ${event} of ${builder}`);
      return found;
    };
    const end = last('finished', (each) => each.builder === builder);
    const begin = last('new', (each) => each.builder === builder && each.number === end.number);
    const attached = last('attached', (each) => each.worker === end.worker && each.time < end.time);
    return { asked: begin.time, attached: attached.time, ended: end.time };
  }

  async #events(): Promise<readonly BuildEvent[]> {
    const lines = (await text(this.#log)).split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as BuildEvent);
  }
}

async function text(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}
