/**
 * The tables of results, with the names, columns and meaning that they have in subunit2sql, so that its queries and dashboards work
 * on them. Times of these tables are UTC without a zone, to the second; microseconds are in a column of their own.
 *
 * Source: https://docs.opendev.org/opendev/subunit2sql/latest/reference/index.html
 */
export const RESULTS_MIGRATION = `
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid VARCHAR(36) NOT NULL UNIQUE,
    skips INTEGER,
    fails INTEGER,
    passes INTEGER,
    run_time FLOAT,
    artifacts TEXT,
    run_at DATETIME
  );
  CREATE INDEX ix_run_at ON runs (run_at);

  CREATE TABLE tests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    test_id VARCHAR(256) NOT NULL UNIQUE,
    run_count INTEGER,
    success INTEGER,
    failure INTEGER,
    run_time FLOAT
  );

  CREATE TABLE test_runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    test_id INTEGER NOT NULL REFERENCES tests (id),
    run_id INTEGER NOT NULL REFERENCES runs (id),
    status VARCHAR(256),
    start_time DATETIME,
    start_time_microsecond INTEGER DEFAULT 0,
    stop_time DATETIME,
    stop_time_microsecond INTEGER DEFAULT 0,
    UNIQUE (test_id, run_id)
  );
  CREATE INDEX ix_test_runs_run_id ON test_runs (run_id);

  CREATE TABLE run_metadata (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    "key" VARCHAR(255),
    value VARCHAR(255),
    run_id INTEGER NOT NULL REFERENCES runs (id)
  );
  CREATE INDEX ix_run_metadata_run_id ON run_metadata (run_id, "key");
  CREATE INDEX ix_run_metadata_key_value ON run_metadata ("key", value);

  CREATE TABLE test_run_metadata (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    "key" VARCHAR(255),
    value VARCHAR(255),
    test_run_id INTEGER NOT NULL REFERENCES test_runs (id)
  );
  CREATE INDEX ix_test_run_metadata_test_run_id ON test_run_metadata (test_run_id);

  CREATE TABLE test_metadata (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    "key" VARCHAR(255),
    value VARCHAR(255),
    test_id INTEGER NOT NULL REFERENCES tests (id),
    UNIQUE (test_id, "key", value)
  );

  CREATE TABLE attachments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    test_run_id INTEGER NOT NULL REFERENCES test_runs (id),
    label VARCHAR(255),
    attachment BLOB
  );
  CREATE INDEX ix_attachments_test_run_id ON attachments (test_run_id);

  -- the steps of the last attempt at a run; no table of subunit2sql
  CREATE TABLE run_steps (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES job_runs (id),
    name TEXT NOT NULL,
    -- deploy, test, other
    kind TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    failed INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX run_steps_by_run ON run_steps (run_id);
`;
