import { RESULTS_MIGRATION } from './results-migration.js';

/**
 * The steps from an empty database to the current one, in order; the number of a step is its place, from 1, and is kept in
 * `user_version`. A step that was shipped is never changed: add one at the end. Times are ISO 8601, UTC, unless the name says
 * otherwise. Steps are in SQLite's words; `postgresqlMigration` and `mariadbMigration` write them in those of servers.
 */
export const MIGRATIONS: readonly string[] = [
  // 1: events, and the runs of jobs that they led to.
  `
  CREATE TABLE events (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    project TEXT NOT NULL,
    branch TEXT NOT NULL,
    change INTEGER,
    patch_set INTEGER,
    at TEXT NOT NULL,
    source TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_by_change ON events (project, change);

  CREATE TABLE source_positions (
    source TEXT PRIMARY KEY,
    at TEXT NOT NULL
  ) STRICT;

  CREATE TABLE job_runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    job TEXT NOT NULL,
    event_id TEXT NOT NULL REFERENCES events (id),
    -- queued, running, ended
    state TEXT NOT NULL DEFAULT 'queued',
    -- null until it has ended
    outcome TEXT,
    summary TEXT NOT NULL DEFAULT '',
    queued_at TEXT NOT NULL,
    started_at TEXT,
    ended_at TEXT,
    -- how often it was begun, and how often of these it was broken
    attempts INTEGER NOT NULL DEFAULT 0,
    broken INTEGER NOT NULL DEFAULT 0,
    -- it is not begun before this time
    not_before TEXT,
    -- why it is to end: superseded, stopped
    end_asked TEXT,
    -- the process that runs it, and the program of a step: BOOT.PID.START
    worker TEXT,
    program TEXT,
    slice INTEGER,
    -- what is to be tested instead of what git fetches
    directory TEXT,
    -- whether a person began it, who alone is told
    by_hand INTEGER NOT NULL DEFAULT 0,
    repeats INTEGER REFERENCES job_runs (id),
    -- how to get into a slice that was kept, and until when
    kept_ssh TEXT,
    kept_until TEXT,
    tests_passed INTEGER,
    tests_failed INTEGER,
    tests_skipped INTEGER
  ) STRICT;
  CREATE INDEX job_runs_by_state ON job_runs (state, id);
  CREATE INDEX job_runs_by_event ON job_runs (event_id);

  -- whom a run that has ended is reported to
  CREATE TABLE reports (
    run_id INTEGER NOT NULL REFERENCES job_runs (id),
    reporter TEXT NOT NULL,
    -- pending, sending, reported, closed
    state TEXT NOT NULL DEFAULT 'pending',
    worker TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before TEXT,
    reported_at TEXT,
    PRIMARY KEY (run_id, reporter)
  ) STRICT;
  CREATE INDEX reports_by_state ON reports (state);
  `,
  // 2: the tables of results.
  RESULTS_MIGRATION,
  // 3: the open changes that the change of a run depends on, as JSON.
  'ALTER TABLE job_runs ADD COLUMN depends TEXT',
];
