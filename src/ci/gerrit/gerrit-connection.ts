import type { GerritClient } from './gerrit-client.js';
import { GerritAway, GerritRefusal } from './gerrit-away.js';
import type { GerritSettings } from './gerrit-settings.js';
import { readChangeAttribute, readChangeInfo, readFileNames, type ChangeState } from './read-change-info.js';
import { fieldsOf, membersOf } from './read-fields.js';
import { runGerritCommand } from './run-gerrit-command.js';

/** What Gerrit is asked and told, by REST where it is configured and else over ssh. */
export interface GerritConnection {
  /** The time by the server's clock, as far as it is known; milliseconds since 1970. */
  now(): number;
  /** Learns the server's clock, where it can be learnt. */
  readClock(signal: AbortSignal): Promise<void>;
  /**
   * Changes to which something happened lately, the newest first.
   *
   * @param seconds how far back
   */
  changedWithin(seconds: number, options: QueryOptions): AsyncIterable<ChangeState>;
  /** One change as it is now, with its messages; undefined where there is none, or none that we may see. */
  findChange(change: ChangeName, signal: AbortSignal): Promise<ChangeState | undefined>;
  /**
   * Changes that a query finds, without their messages: only the first of many.
   *
   * @param query one word, such as `change:4711`
   */
  search(query: string, signal: AbortSignal): Promise<readonly ChangeState[]>;
  /** The files that a patch set changes; undefined where it is not there. */
  filesOf(change: ChangeName, revision: string, signal: AbortSignal): Promise<readonly string[] | undefined>;
  /** @throws GerritRefusal where Gerrit does not take it */
  review(change: ChangeName, patchSet: ReviewedPatchSet, options: ReviewOptions): Promise<void>;
}

export interface ChangeName {
  readonly project: string;
  readonly number: number;
}

export interface ReviewedPatchSet {
  readonly number: number;
  readonly revision: string;
}

export interface QueryOptions {
  /** Names of projects; all that we may see where there are none. */
  readonly projects: readonly string[];
  readonly files: boolean;
  readonly signal: AbortSignal;
}

export interface ReviewOptions {
  readonly review: ReviewInput;
  readonly signal: AbortSignal;
}

/** Source: Gerrit, Documentation/rest-api-changes, ReviewInput */
export interface ReviewInput {
  readonly message: string;
  readonly tag: string;
  readonly labels?: Readonly<Record<string, number>>;
  readonly notify?: string;
}

/** Changes of one answer. */
const PAGE = 100;
/** More projects would make too long a line. */
const MOST_PROJECTS = 20;

/** Gerrit over its REST interface. */
export class RestConnection implements GerritConnection {
  readonly #client: GerritClient;

  constructor(client: GerritClient) {
    this.#client = client;
  }

  now(): number {
    return this.#client.now();
  }

  async readClock(signal: AbortSignal): Promise<void> {
    // Any answer tells the time.
    await unlessMissing(async () => await this.#client.getText('config/server/version', signal));
  }

  async *changedWithin(seconds: number, { projects, files, signal }: QueryOptions): AsyncGenerator<ChangeState> {
    const query = encodeURIComponent(queryOf(seconds, projects));
    const options = ['CURRENT_REVISION', 'DETAILED_ACCOUNTS', 'MESSAGES', ...(files ? ['CURRENT_FILES'] : [])];
    const more = options.map((option) => `&o=${option}`).join('');
    for (let start = 0; ; start += PAGE) {
      const answer = await this.#client.get(`changes/?q=${query}&n=${PAGE}&S=${start}${more}`, signal);
      const infos = membersOf(answer);
      for (const info of infos) {
        const state = readChangeInfo(info);
        if (state) yield state;
      }
      if (fieldsOf(infos.at(-1))['_more_changes'] !== true) return;
    }
  }

  async findChange(change: ChangeName, signal: AbortSignal): Promise<ChangeState | undefined> {
    const options = '?o=CURRENT_REVISION&o=DETAILED_ACCOUNTS&o=MESSAGES';
    return await unlessMissing(async () =>
      readChangeInfo(await this.#client.get(`changes/${pathOf(change)}${options}`, signal)),
    );
  }

  async search(query: string, signal: AbortSignal): Promise<readonly ChangeState[]> {
    const path = `changes/?q=${encodeURIComponent(query)}&n=${PAGE}&o=CURRENT_REVISION`;
    return membersOf(await this.#client.get(path, signal)).flatMap((info) => readChangeInfo(info) ?? []);
  }

  async filesOf(change: ChangeName, revision: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
    const path = `changes/${pathOf(change)}/revisions/${encodeURIComponent(revision)}/files/`;
    return await unlessMissing(async () => readFileNames(await this.#client.get(path, signal)));
  }

  async review(change: ChangeName, { revision }: ReviewedPatchSet, { review, signal }: ReviewOptions): Promise<void> {
    const path = `changes/${pathOf(change)}/revisions/${encodeURIComponent(revision)}/review`;
    await this.#client.post(path, review, signal);
  }
}

/** Gerrit by the commands of its ssh server. */
export class SshConnection implements GerritConnection {
  readonly #settings: GerritSettings;
  readonly #aliveSeconds: number | undefined;

  constructor(settings: GerritSettings, aliveSeconds?: number) {
    this.#settings = settings;
    this.#aliveSeconds = aliveSeconds;
  }

  now(): number {
    return Date.now();
  }

  async readClock(): Promise<void> {
    // Its answers do not tell the time.
  }

  async *changedWithin(seconds: number, { projects, files, signal }: QueryOptions): AsyncGenerator<ChangeState> {
    const words = ['--comments', ...(files ? ['--files'] : [])];
    for (let start = 0; ; start += PAGE) {
      const from = start === 0 ? [] : ['--start', String(start)];
      const found = await this.#query([...words, ...from, queryOf(seconds, projects), `limit:${PAGE}`], signal);
      yield* found.states;
      if (!found.more) return;
    }
  }

  async findChange({ number }: ChangeName, signal: AbortSignal): Promise<ChangeState | undefined> {
    const { states } = await this.#query(['--comments', `change:${number}`], signal);
    return states.find((state) => state.number === number);
  }

  async search(query: string, signal: AbortSignal): Promise<readonly ChangeState[]> {
    return (await this.#query([query, `limit:${PAGE}`], signal)).states;
  }

  async filesOf({ number }: ChangeName, revision: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
    const { states } = await this.#query(['--files', `change:${number}`], signal);
    return states.find(({ patchSet }) => patchSet?.revision === revision)?.patchSet?.files;
  }

  async review(change: ChangeName, patchSet: ReviewedPatchSet, { review, signal }: ReviewOptions): Promise<void> {
    // The text is on standard input: nothing of it is parsed again.
    const words = ['gerrit', 'review', '--json', `${change.number},${patchSet.number}`];
    await this.#run(words, signal, `${JSON.stringify(review)}\n`);
  }

  async #query(
    words: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly states: readonly ChangeState[]; readonly more: boolean }> {
    const command = ['gerrit', 'query', '--format=JSON', '--current-patch-set', ...words];
    const lines = (await this.#run(command, signal)).split('\n').flatMap(parseLine);
    const stats = fieldsOf(lines.find((line) => fieldsOf(line)['type'] === 'stats'));
    const states = lines.flatMap((line) => readChangeAttribute(line) ?? []);
    return { states, more: stats['moreChanges'] === true && states.length > 0 };
  }

  async #run(words: readonly string[], signal: AbortSignal, input?: string): Promise<string> {
    const options = { signal, aliveSeconds: this.#aliveSeconds, ...(input !== undefined && { input }) };
    return await runGerritCommand(this.#settings, words, options);
  }
}

/** Relative time: it needs no time zone of the server. */
function queryOf(seconds: number, projects: readonly string[]): string {
  const age = `NOT age:${Math.max(1, Math.ceil(seconds))}s`;
  if (projects.length === 0 || projects.length > MOST_PROJECTS) return age;
  return `${age} (${projects.map((project) => `project:${project}`).join(' OR ')})`;
}

function pathOf({ project, number }: ChangeName): string {
  return `${encodeURIComponent(project)}~${number}`;
}

async function unlessMissing<Value>(ask: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof GerritRefusal && error.status === 404) return undefined;
    throw error;
  }
}

function parseLine(line: string): readonly unknown[] {
  if (line.trim() === '') return [];
  try {
    return [JSON.parse(line)];
  } catch (cause) {
    throw new GerritAway('gerrit query: an answer is no JSON', { cause });
  }
}
