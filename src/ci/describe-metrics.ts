import { OUTCOMES } from './outcome.js';
import type { Store } from './store/store.js';

/**
 * Returns the length and age of the queue, and how runs ended, as Prometheus reads it.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export async function describeMetrics(
  store: Pick<Store, 'all' | 'first' | 'dialect'>,
  now: Date = new Date(),
): Promise<string> {
  const queue = await store.first(
    "SELECT count(*) AS n, min(queued_at) AS oldest FROM job_runs WHERE state = 'queued'",
  );
  const running = await store.first("SELECT count(*) AS n FROM job_runs WHERE state = 'running'");
  const reports = await store.first("SELECT count(*) AS n FROM reports WHERE state IN ('pending', 'sending')");
  const ended = await store.all(
    `SELECT job, outcome, count(*) AS n,
     coalesce(sum(${store.dialect.seconds('started_at', 'ended_at')}), 0) AS seconds
     FROM job_runs WHERE state = 'ended' GROUP BY job, outcome ORDER BY job, outcome`,
  );
  const oldest = queue?.['oldest'];
  const age = typeof oldest === 'string' ? Math.max(0, (now.getTime() - Date.parse(oldest)) / 1000) : 0;
  const known = new Set<unknown>(OUTCOMES);
  const rows = ended.filter(({ outcome }) => known.has(outcome));
  const labels = (row: (typeof rows)[number]): string =>
    `{job="${escape(String(row['job']))}",outcome="${String(row['outcome'])}"}`;
  return [
    ...metric('virtbs_ci_queued', 'gauge', 'Runs that wait.', [['', Number(queue?.['n'] ?? 0)]]),
    ...metric('virtbs_ci_queue_age_seconds', 'gauge', 'Age of the oldest run that waits.', [['', age]]),
    ...metric('virtbs_ci_running', 'gauge', 'Runs that are done now.', [['', Number(running?.['n'] ?? 0)]]),
    ...metric('virtbs_ci_unreported', 'gauge', 'Reports that are to be sent.', [['', Number(reports?.['n'] ?? 0)]]),
    ...metric(
      'virtbs_ci_runs_total',
      'counter',
      'Runs that have ended.',
      rows.map((row) => [labels(row), Number(row['n'])]),
    ),
    ...metric(
      'virtbs_ci_run_seconds_total',
      'counter',
      'Seconds that runs took, from the last begin to the end.',
      rows.map((row) => [labels(row), Number(row['seconds'])]),
    ),
    '',
  ].join('\n');
}

function metric(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  values: readonly (readonly [string, number])[],
): readonly string[] {
  const lines = values.map(([labels, value]) => `${name}${labels} ${Number(value.toFixed(3))}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
