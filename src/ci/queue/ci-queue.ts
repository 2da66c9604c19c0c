import { randomUUID } from 'node:crypto';
import { VirtbsError } from '../../errors.js';
import type { ChangeEvent } from '../change-event.js';
import type { RunDependency } from '../depends/run-dependency.js';
import type { Outcome } from '../outcome.js';
import type { SqlRow, Store } from '../store/store.js';
import type { JobRun } from './job-run.js';
import { summarizeRun, type CiStatus } from './run-summary.js';

/** What a run came to. */
export interface RunEnd {
  readonly outcome: Outcome;
  readonly summary: string;
  readonly kept?: JobRun['kept'];
  readonly tests?: JobRun['tests'];
}

export interface QueuedEvent {
  readonly event: ChangeEvent;
  /** The name of the source that saw it. */
  readonly source: string;
}

export interface CiQueueOptions {
  /** This process: see `ProcessMark`. It begins with the place. */
  readonly worker: string;
  /** What processes have before their mark whose slices are here: see `ciPlace`; nothing where all are. */
  readonly place?: string;
  readonly now?: () => Date;
}

export interface AddRunOptions {
  readonly directory?: string | undefined;
  readonly byHand?: boolean;
  readonly repeats?: number;
}

/** A report that is to be sent. */
export interface DueReport {
  readonly run: JobRun;
  readonly reporter: string;
  readonly attempts: number;
}

const RUN = 'SELECT job_runs.*, events.body FROM job_runs JOIN events ON events.id = job_runs.event_id';

/**
 * Events, the runs of jobs that they lead to, and the reports of these. Each change is one transaction, so that a process can be
 * killed between any two of them: all that is known is in the database.
 */
export class CiQueue {
  readonly #store: Store;
  /** This process: see `ProcessMark`. */
  readonly #worker: string;
  readonly #place: string;
  readonly #now: () => Date;

  constructor(store: Store, { worker, place = '', now = () => new Date() }: CiQueueOptions) {
    this.#store = store;
    this.#worker = worker;
    this.#place = place;
    this.#now = now;
  }

  get #time(): string {
    return this.#now().toISOString();
  }

  /**
   * Adds events that are not known yet, and queues the runs that each leads to. A new patch set ends runs of those before it; the end
   * of a change ends all of its runs.
   *
   * @returns the number of events that are new
   */
  async addEvents(events: readonly QueuedEvent[], jobsFor: (event: ChangeEvent) => readonly string[]): Promise<number> {
    return await this.#whole(async (queue) => {
      let added = 0;
      for (const { event, source } of events) {
        if (!(await queue.#addEvent(event, source))) continue;
        added += 1;
        const jobs = jobsFor(event);
        await queue.#supersede(event, jobs);
        const isOld = await queue.#hasNewer(event);
        for (const job of jobs) {
          const id = await queue.#insertRun(job, event.id, {});
          if (isOld) await queue.#endQueued(id, 'superseded', 'there is a newer patch set');
        }
      }
      return added;
    });
  }

  /** Adds a run of a job for an event, which is added where it is not known. */
  async addRun(job: string, { event, source }: QueuedEvent, options: AddRunOptions = {}): Promise<JobRun> {
    return await this.#whole(async (queue) => {
      await queue.#addEvent(event, source);
      return await queue.find(await queue.#insertRun(job, event.id, options));
    });
  }

  /** Ids of events that begin so. */
  async eventIds(prefix: string): Promise<readonly string[]> {
    // Nothing sorts behind the last sign that there is.
    const sql = 'SELECT id FROM events WHERE id >= ? AND id < ?';
    return (await this.#store.all(sql, prefix, `${prefix}\u{10FFFF}`)).map(({ id }) => String(id));
  }

  /** The time of the latest event of a source. */
  async positionOf(source: string): Promise<string | undefined> {
    const row = await this.#store.first('SELECT at FROM source_positions WHERE source = ?', source);
    return row && String(row['at']);
  }

  /** @throws VirtbsError `usage` where there is no run of that number */
  async find(id: number): Promise<JobRun> {
    const row = await this.#store.first(`${RUN} WHERE job_runs.id = ?`, id);
    if (row) return readRun(row);
    throw new VirtbsError('usage', `there is no run ${id}`, { hint: 'virtbs ci status shows the runs that there are' });
  }

  /** Returns runs in a state, the oldest first, or of all states the latest first. */
  async list(state: JobRun['state'] | 'all', limit = 1000): Promise<readonly JobRun[]> {
    const rows =
      state === 'all'
        ? await this.#store.all(`${RUN} ORDER BY job_runs.id DESC LIMIT ?`, limit)
        : await this.#store.all(`${RUN} WHERE state = ? ORDER BY job_runs.id LIMIT ?`, state, limit);
    return rows.map(readRun);
  }

  /** Begins the oldest run that is due; undefined where there is none. @param only a run that is begun by hand */
  async claim(only?: number): Promise<JobRun | undefined> {
    return await this.#whole(async (queue) => {
      const time = queue.#time;
      const row =
        only === undefined
          ? await queue.#store.first(
              `SELECT id FROM job_runs WHERE state = 'queued' AND by_hand = 0 AND (not_before IS NULL OR not_before <= ?)
               ORDER BY id LIMIT 1`,
              time,
            )
          : await queue.#store.first("SELECT id FROM job_runs WHERE state = 'queued' AND id = ?", only);
      if (!row) return undefined;
      const id = Number(row['id']);
      await queue.#store.run(
        `UPDATE job_runs SET state = 'running', worker = ?, started_at = ?, attempts = attempts + 1, slice = NULL,
         program = NULL, not_before = NULL WHERE id = ?`,
        ...[queue.#worker, time, id],
      );
      return await queue.find(id);
    });
  }

  /** Notes the slice that a run works on; before it anything is made in it. */
  async noteSlice(id: number, slice: number | null): Promise<void> {
    await this.#store.run('UPDATE job_runs SET slice = ? WHERE id = ?', slice, id);
  }

  /** Notes the open changes that the change of a run depends on. */
  async noteDepends(id: number, depends: readonly RunDependency[]): Promise<void> {
    await this.#store.run('UPDATE job_runs SET depends = ? WHERE id = ?', JSON.stringify(depends), id);
  }

  /** Notes the program that a run has started: see `ProcessMark`. */
  async noteProgram(id: number, program: string | null): Promise<void> {
    await this.#store.run('UPDATE job_runs SET program = ? WHERE id = ?', program, id);
  }

  /** Ends a run of this process, and notes who is to be told. */
  async end(
    id: number,
    { outcome, summary, kept = null, tests = null }: RunEnd,
    reporters: readonly string[],
  ): Promise<void> {
    await this.#whole(async (queue) => {
      const changes = await queue.#store.run(
        `UPDATE job_runs SET state = 'ended', outcome = ?, summary = ?, ended_at = ?, kept_ssh = ?, kept_until = ?,
         tests_passed = ?, tests_failed = ?, tests_skipped = ?, program = NULL
         WHERE id = ? AND state = 'running' AND worker = ?`,
        ...[outcome, summary, queue.#time, kept?.ssh ?? null, kept?.until ?? null],
        ...[tests?.passed ?? null, tests?.failed ?? null, tests?.skipped ?? null, id, queue.#worker],
      );
      if (changes === 0) return;
      for (const reporter of reporters) {
        await queue.#store.run('INSERT INTO reports (run_id, reporter) VALUES (?, ?)', id, reporter);
      }
    });
  }

  /** Puts a run back into the queue. @param broken whether the attempt counts as one that was broken @param pause milliseconds */
  async requeue(
    id: number,
    { broken, pause = 0, summary = '' }: { broken: boolean; pause?: number; summary?: string },
  ): Promise<void> {
    const notBefore = pause === 0 ? null : new Date(this.#now().getTime() + pause).toISOString();
    await this.#store.run(
      `UPDATE job_runs SET state = 'queued', worker = NULL, slice = NULL, program = NULL, summary = ?, not_before = ?,
       broken = broken + ? WHERE id = ? AND state = 'running'`,
      ...[summary, notBefore, broken ? 1 : 0, id],
    );
  }

  /** Asks for the end of a run; one that is only queued ends at once. */
  async stop(id: number): Promise<JobRun> {
    return await this.#whole(async (queue) => {
      const run = await queue.find(id);
      if (run.state === 'queued') await queue.#endQueued(id, 'stopped', 'stopped before it began');
      if (run.state === 'running') await queue.#store.run("UPDATE job_runs SET end_asked = 'stopped' WHERE id = ?", id);
      return await queue.find(id);
    });
  }

  /** Queues a run once more, for the same event. */
  async again(id: number): Promise<JobRun> {
    return await this.#whole(async (queue) => {
      const { job, event, directory } = await queue.find(id);
      return await queue.find(
        await queue.#insertRun(job, event.id, { repeats: id, ...(directory !== null && { directory }) }),
      );
    });
  }

  /** Why runs of this process are to end, by their numbers. */
  async asked(): Promise<ReadonlyMap<number, 'superseded' | 'stopped'>> {
    const rows = await this.#store.all(
      "SELECT id, end_asked FROM job_runs WHERE state = 'running' AND worker = ? AND end_asked IS NOT NULL",
      this.#worker,
    );
    return new Map(rows.map((row) => [Number(row['id']), row['end_asked'] === 'stopped' ? 'stopped' : 'superseded']));
  }

  /** Runs of this place whose processes may be gone. */
  async runningElsewhere(): Promise<
    readonly { readonly id: number; readonly worker: string; readonly program: string | null }[]
  > {
    const rows = await this.#store.all(
      "SELECT id, worker, program FROM job_runs WHERE state = 'running' AND worker <> ?",
      this.#worker,
    );
    return rows
      .filter((row) => this.#isHere(row))
      .map((row) => ({
        id: Number(row['id']),
        worker: String(row['worker']),
        program: textOf(row['program']),
      }));
  }

  /** Takes a run over from a process that is gone. @returns false where somebody else did */
  async takeOver(id: number, from: string): Promise<boolean> {
    const sql = "UPDATE job_runs SET worker = ? WHERE id = ? AND worker = ? AND state = 'running'";
    return (await this.#store.run(sql, this.#worker, id, from)) === 1;
  }

  /** Reports that processes of this place which are gone were sending: whether they came through is not known. */
  async sendingElsewhere(): Promise<
    readonly { readonly runId: number; readonly reporter: string; readonly worker: string }[]
  > {
    const rows = await this.#store.all(
      "SELECT run_id, reporter, worker FROM reports WHERE state = 'sending' AND worker <> ?",
      this.#worker,
    );
    return rows
      .filter((row) => this.#isHere(row))
      .map((row) => ({
        runId: Number(row['run_id']),
        reporter: String(row['reporter']),
        worker: String(row['worker']),
      }));
  }

  /** Takes the oldest report that is due, and is sent by nobody else. */
  async claimReport(): Promise<DueReport | undefined> {
    return await this.#whole(async (queue) => {
      const row = await queue.#store.first(
        `SELECT run_id, reporter, attempts FROM reports WHERE state = 'pending' AND (not_before IS NULL OR not_before <= ?)
         ORDER BY run_id LIMIT 1`,
        queue.#time,
      );
      if (!row) return undefined;
      const [id, reporter, attempts] = [Number(row['run_id']), String(row['reporter']), Number(row['attempts'])];
      await queue.#store.run(
        "UPDATE reports SET state = 'sending', worker = ?, attempts = attempts + 1 WHERE run_id = ? AND reporter = ?",
        ...[queue.#worker, id, reporter],
      );
      return { run: await queue.find(id), reporter, attempts };
    });
  }

  /** Notes that a report was sent, or that nobody takes it any more. */
  async endReport(runId: number, reporter: string, state: 'reported' | 'closed'): Promise<void> {
    await this.#store.run(
      'UPDATE reports SET state = ?, worker = NULL, reported_at = ? WHERE run_id = ? AND reporter = ?',
      ...[state, this.#time, runId, reporter],
    );
  }

  /** Lets a report be sent later. @param pause milliseconds @param from the process that sent it */
  async delayReport(
    runId: number,
    reporter: string,
    { pause, from = this.#worker }: { pause: number; from?: string },
  ): Promise<void> {
    await this.#store.run(
      `UPDATE reports SET state = 'pending', worker = NULL, not_before = ?
       WHERE run_id = ? AND reporter = ? AND state = 'sending' AND worker = ?`,
      ...[new Date(this.#now().getTime() + pause).toISOString(), runId, reporter, from],
    );
  }

  /** Runs whose slices are kept here, and whose time is over. */
  async overKept(): Promise<readonly JobRun[]> {
    const rows = await this.#store.all(`${RUN} WHERE kept_until IS NOT NULL AND kept_until <= ?`, this.#time);
    return rows.filter((row) => this.#isHere(row)).map(readRun);
  }

  async forgetKept(id: number): Promise<void> {
    await this.#store.run('UPDATE job_runs SET kept_until = NULL, kept_ssh = NULL WHERE id = ?', id);
  }

  /** How much there is to do, with the runs of a state, or the latest of all. */
  async status(state: 'all' | 'open', limit: number): Promise<CiStatus> {
    const count = async (sql: string): Promise<number> =>
      Number((await this.#store.first(`SELECT count(*) AS n FROM ${sql}`))?.['n']);
    const runs =
      state === 'all'
        ? await this.list('all', limit)
        : [...(await this.list('running', limit)), ...(await this.list('queued', limit))];
    return {
      version: 1,
      queued: await count("job_runs WHERE state = 'queued'"),
      running: await count("job_runs WHERE state = 'running'"),
      unreported: await count("reports WHERE state IN ('pending', 'sending')"),
      runs: runs.map(summarizeRun),
    };
  }

  /** Whether nothing is queued, runs, or is to be reported. */
  async isIdle(): Promise<boolean> {
    const row = await this.#store.first(
      `SELECT (SELECT count(*) FROM job_runs WHERE state <> 'ended' AND by_hand = 0) +
       (SELECT count(*) FROM reports WHERE state IN ('pending', 'sending')) AS n`,
    );
    return row?.['n'] === 0;
  }

  /** Does all of a work or nothing. @param work is given a queue that is within it */
  async #whole<T>(work: (queue: CiQueue) => Promise<T>): Promise<T> {
    const [worker, place, now] = [this.#worker, this.#place, this.#now];
    return await this.#store.transaction((store) => work(new CiQueue(store, { worker, place, now })));
  }

  #isHere({ worker }: SqlRow): boolean {
    return String(worker).startsWith(this.#place);
  }

  async #addEvent(event: ChangeEvent, source: string): Promise<boolean> {
    const { id, kind, project, branch, change, patchSet, at } = event;
    const { orNothing, orUpdate, given } = this.#store.dialect;
    const later = `CASE WHEN ${given('at')} > source_positions.at THEN ${given('at')} ELSE source_positions.at END`;
    const changes = await this.#store.run(
      `INSERT INTO events (id, kind, project, branch, "change", patch_set, at, source, seen_at, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ${orNothing('id')}`,
      ...[id, kind, project, branch, change?.number ?? null, patchSet?.number ?? null, at, source, this.#time],
      JSON.stringify(event),
    );
    await this.#store.run(
      `INSERT INTO source_positions (source, at) VALUES (?, ?) ${orUpdate('source', [`at = ${later}`])}`,
      source,
      at,
    );
    return changes === 1;
  }

  async #insertRun(
    job: string,
    eventId: string,
    { directory, byHand = false, repeats }: AddRunOptions,
  ): Promise<number> {
    return await this.#store.insert(
      'INSERT INTO job_runs (uuid, job, event_id, queued_at, directory, by_hand, repeats) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[randomUUID(), job, eventId, this.#time, directory ?? null, byHand ? 1 : 0, repeats ?? null],
    );
  }

  /** Ends what an event makes needless. */
  async #supersede({ kind, project, change, patchSet, id }: ChangeEvent, jobs: readonly string[]): Promise<void> {
    if (!change) return;
    const ends = kind === 'merged' || kind === 'abandoned';
    if (!ends && !(kind === 'patchset' && patchSet)) return;
    const rows = await this.#store.all(
      `SELECT job_runs.id, job, state FROM job_runs JOIN events ON events.id = job_runs.event_id
       WHERE state <> 'ended' AND by_hand = 0 AND project = ? AND "change" = ? AND event_id <> ?
         AND (? = 1 OR patch_set < ?)`,
      ...[project, change.number, id, ends ? 1 : 0, patchSet?.number ?? 0],
    );
    const summary = ends ? `the change was ${kind}` : `patch set ${patchSet?.number ?? ''} is newer`;
    for (const row of rows) {
      // What the end of a change starts is about what is merged.
      if (ends && jobs.includes(String(row['job'])) && kind === 'merged') continue;
      if (row['state'] === 'queued') await this.#endQueued(Number(row['id']), 'superseded', summary);
      else {
        await this.#store.run(
          "UPDATE job_runs SET end_asked = coalesce(end_asked, 'superseded'), summary = ? WHERE id = ?",
          ...[summary, Number(row['id'])],
        );
      }
    }
  }

  async #hasNewer({ project, change, patchSet }: ChangeEvent): Promise<boolean> {
    if (!change || !patchSet) return false;
    const row = await this.#store.first(
      `SELECT 1 AS found FROM events WHERE project = ? AND "change" = ? AND kind = 'patchset' AND patch_set > ? LIMIT 1`,
      ...[project, change.number, patchSet.number],
    );
    return row !== undefined;
  }

  async #endQueued(id: number, outcome: Outcome, summary: string): Promise<void> {
    await this.#store.run(
      "UPDATE job_runs SET state = 'ended', outcome = ?, summary = ?, ended_at = ? WHERE id = ? AND state = 'queued'",
      ...[outcome, summary, this.#time, id],
    );
  }
}

function readRun(row: SqlRow): JobRun {
  const [ssh, until] = [textOf(row['kept_ssh']), textOf(row['kept_until'])];
  const passed = row['tests_passed'];
  return {
    id: Number(row['id']),
    uuid: String(row['uuid']),
    job: String(row['job']),
    event: JSON.parse(String(row['body'])) as ChangeEvent,
    state: row['state'] as JobRun['state'],
    outcome: row['outcome'] as JobRun['outcome'],
    summary: String(row['summary']),
    queuedAt: String(row['queued_at']),
    startedAt: textOf(row['started_at']),
    endedAt: textOf(row['ended_at']),
    attempts: Number(row['attempts']),
    broken: Number(row['broken']),
    slice: numberOf(row['slice']),
    directory: textOf(row['directory']),
    byHand: row['by_hand'] === 1,
    repeats: numberOf(row['repeats']),
    depends: readDepends(row['depends']),
    kept: ssh !== null && until !== null ? { ssh, until } : null,
    tests:
      typeof passed === 'number'
        ? { passed, failed: Number(row['tests_failed']), skipped: Number(row['tests_skipped']) }
        : null,
    endAsked: row['end_asked'] as JobRun['endAsked'],
  };
}

/** The changes that a run depends on, as they were noted. */
export function readDepends(column: SqlRow[string] | undefined): readonly RunDependency[] {
  return typeof column === 'string' ? (JSON.parse(column) as readonly RunDependency[]) : [];
}

function textOf(value: SqlRow[string] | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOf(value: SqlRow[string] | undefined): number | null {
  return typeof value === 'number' ? value : null;
}
