import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '../../../src/ci/store/open-store.js';
import type { OpenedStore } from '../../../src/ci/store/store.js';
import { recordResults, runMetadata } from '../../../src/ci/results/record-results.js';
import type { TestResult } from '../../../src/ci/test-result.js';
import { newDatabase } from '../test-database.js';

/** Text that would be more than text on a page that does not escape. */
export const HOSTILE = `<script>window.hurt=1</script><img src=x onerror=window.hurt=1>"'--></pre>\u202E`;

export interface SampleRun {
  readonly job: string;
  readonly number: number;
  readonly patchSet: number;
  readonly subject: string;
  /** Those of a lab's cinder where not given. */
  readonly project?: string;
  readonly branch?: string;
  readonly url?: string;
  readonly state: 'queued' | 'running' | 'ended';
  readonly outcome?: string;
  readonly summary?: string;
  /** Minutes ago. */
  readonly ago: number;
  readonly minutes?: number;
  readonly tests?: readonly TestResult[];
  readonly kept?: string;
  readonly steps?: readonly (readonly [name: string, kind: string, seconds: number, failed?: boolean])[];
}

/** Makes a database and logs of a CI with these runs. */
export async function makeSample(
  folder: string,
  runs: readonly SampleRun[],
  { now = Date.now(), database }: { readonly now?: number; readonly database?: string } = {},
): Promise<OpenedStore> {
  const store = await openStore(database ?? (await newDatabase(folder)));
  const time = (ago: number): string => new Date(now - ago * 60_000).toISOString();
  for (const [index, run] of runs.entries()) {
    const {
      job,
      number,
      patchSet,
      subject,
      state,
      outcome = null,
      summary = '',
      ago,
      minutes = 5,
      tests,
      kept,
      steps = [],
      project = 'lab/cinder',
      branch = 'main',
      url = `https://review.example.org/c/${number}`,
    } = run;
    const revision = `${number}${patchSet}`.padEnd(40, 'c');
    const change = { number, subject, url };
    const ref = `refs/changes/1/${number}/${patchSet}`;
    const event = {
      id: `e${index}`,
      kind: 'patchset',
      project,
      branch,
      change,
      patchSet: { number: patchSet, revision, ref },
    };
    await store.run(
      'INSERT INTO events (id, kind, project, branch, "change", patch_set, at, source, seen_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[
        event.id,
        event.kind,
        event.project,
        event.branch,
        number,
        patchSet,
        time(ago),
        'test',
        time(ago),
        JSON.stringify({ ...event, at: time(ago) }),
      ],
    );
    const begun = state === 'queued' ? null : time(ago - 1);
    const ended = state === 'ended' ? time(ago - 1 - minutes) : null;
    const count = (...statuses: readonly string[]): number | null =>
      tests?.filter(({ status }) => statuses.includes(status)).length ?? null;
    const id = await store.insert(
      `INSERT INTO job_runs (uuid, job, event_id, state, outcome, summary, queued_at, started_at, ended_at, attempts, slice, kept_ssh, kept_until,
         tests_passed, tests_failed, tests_skipped) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[
        `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
        job,
        event.id,
        state,
        outcome,
        summary,
        time(ago),
        begun,
        ended,
      ],
      ...[
        state === 'queued' ? 0 : 1,
        state === 'running' || kept !== undefined ? 20 + index : null,
        kept ?? null,
        kept === undefined ? null : time(-240),
      ],
      ...[count('success', 'xfail'), count('fail', 'uxsuccess'), count('skip')],
    );
    if (tests && ended !== null) {
      const metadata = runMetadata({
        job,
        project,
        branch,
        change: number,
        patchSet,
        revision,
        run: id,
      });
      const uuid = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
      await recordResults(store, { uuid, at: ended, tests, metadata });
    }
    let start = now - (ago - 1) * 60_000;
    for (const [name, kind, seconds, failed = false] of steps) {
      const end = start + seconds * 1000;
      await store.run(
        'INSERT INTO run_steps (run_id, name, kind, started_at, ended_at, failed) VALUES (?, ?, ?, ?, ?, ?)',
        ...[
          id,
          name,
          kind,
          new Date(start).toISOString(),
          end > now ? null : new Date(end).toISOString(),
          failed ? 1 : 0,
        ],
      );
      start = end;
    }
    if (state === 'queued') continue;
    const logs = join(folder, 'logs', String(id));
    await mkdir(join(logs, 'controller-1'), { recursive: true });
    const lines = [
      'lease: slice 20',
      'cycle: 3 VMs are ready',
      `task stack: \u001B[32mdone\u001B[0m`,
      `task tempest: ${HOSTILE}`,
      'ran 214 of 1402 tests',
    ];
    await writeFile(
      join(logs, 'job.log'),
      `${lines.map((line, at) => `2026-01-02T03:04:0${at}Z ${line}`).join('\n')}\n`,
    );
    await writeFile(
      join(logs, 'controller-1', 'console.log'),
      `${Array.from({ length: 200 }, (_, at) => `[    ${at}.000000] kernel line ${at}`).join('\n')}\n`,
    );
  }
  return store;
}

/** Results of which some fail as it is asked for. */
export function sampleTests(failing: readonly string[], seed: number): readonly TestResult[] {
  const suites = [
    'volume.test_volumes_actions.VolumesActionsTest',
    'compute.servers.test_create_server.ServersTestJSON',
    'scenario.test_minimum_basic.TestMinimumBasicScenario',
  ];
  const names = suites.flatMap((suite) =>
    ['attach_detach', 'create_delete', 'list_details', 'resize_confirm', 'snapshot_backup'].map(
      (name) => `tempest.api.${suite}.test_${name}`,
    ),
  );
  return names.map((name, index): TestResult => {
    const isFailing = failing.some((part) => name.endsWith(part));
    const seconds = 0.4 + ((index * 7 + seed * 3) % 23) * 1.7;
    if (index % 7 === 3 && !isFailing) return { name, status: 'skip', reason: 'the extension backups is not enabled' };
    return {
      ...{ name, seconds },
      ...(isFailing
        ? {
            status: 'fail' as const,
            reason:
              'tempest.lib.exceptions.TimeoutException: volume 1f2e failed to reach available (current: error) within 196 s',
            details: {
              traceback:
                'Traceback (most recent call last):\n  File "tempest/common/waiters.py", line 312, in wait_for_volume_resource_status\n    raise lib_exc.TimeoutException(message)\ntempest.lib.exceptions.TimeoutException: Request timed out',
              pythonlogging: `2026-01-02 03:04:05,678 INFO [tempest.lib.common.rest_client] Request: 202 POST http://172.16.18.2/volume/v3 0.4s ${HOSTILE}`,
            },
          }
        : { status: 'success' as const }),
    };
  });
}

/** A CI as it is on a busy afternoon. */
export function busyAfternoon(): readonly SampleRun[] {
  const steps = (test: number, failed = false): NonNullable<SampleRun['steps']> => [
    ['cluster', 'deploy', 9],
    ['stack', 'deploy', 74],
    ['checkout', 'other', 3],
    ['tempest', 'test', test, failed],
    ['logs', 'other', 6],
  ];
  const past = Array.from({ length: 40 }, (_, index): SampleRun => {
    const failing = index % 6 === 2 ? ['attach_detach'] : index % 11 === 7 ? ['resize_confirm', 'snapshot_backup'] : [];
    const outcome = index % 13 === 5 ? 'broken' : failing.length > 0 ? 'failed' : 'passed';
    const summary = {
      broken: 'controller-1 did not come up within 600 s',
      failed: `${failing.length} of 15 tests failed`,
      passed: '',
    }[outcome];
    return {
      job: index % 3 === 1 ? 'multinode' : 'smoke',
      ...{
        number: 1100 + Math.floor(index / 2),
        patchSet: 1 + (index % 2),
        subject:
          ['Retry the detach of a busy volume', 'Log the backend that a volume is on', 'Drop the old rpc pin'][
            index % 3
          ] ?? '',
      },
      ...{ state: 'ended', outcome, summary, ago: 14_000 - index * 340, minutes: 4 + ((index * 5) % 7) / 3 },
      ...(outcome === 'broken'
        ? {}
        : { tests: sampleTests(failing, index), steps: steps(140 + ((index * 31) % 70), failing.length > 0) }),
    };
  });
  return [
    ...past,
    {
      job: 'smoke',
      number: 1121,
      patchSet: 3,
      subject: `Escape ${HOSTILE}`,
      state: 'ended',
      outcome: 'failed',
      summary: '2 of 15 tests failed',
      ago: 31,
      minutes: 6,
      tests: sampleTests(['attach_detach', 'snapshot_backup'], 3),
      kept: 'ssh -F /srv/virtbs/ci/work/41/output/sshconf-bs60 controller-1',
      steps: steps(262, true),
    },
    {
      job: 'smoke',
      number: 1122,
      patchSet: 1,
      subject: 'Retype a volume across back ends without a copy where the back end can',
      state: 'ended',
      outcome: 'superseded',
      summary: 'patch set 2 came',
      ago: 20,
      minutes: 1,
    },
    {
      job: 'smoke',
      number: 1122,
      patchSet: 2,
      subject: 'Retype a volume across back ends without a copy where the back end can',
      state: 'running',
      ago: 4,
      steps: [
        ['cluster', 'deploy', 9],
        ['stack', 'deploy', 74],
        ['tempest', 'test', 600],
      ],
    },
    {
      job: 'multinode',
      number: 1122,
      patchSet: 2,
      subject: 'Retype a volume across back ends without a copy where the back end can',
      state: 'running',
      ago: 3,
    },
    { job: 'smoke', number: 1123, patchSet: 1, subject: 'Name the pool in the message', state: 'queued', ago: 2 },
    { job: 'multinode', number: 1123, patchSet: 1, subject: 'Name the pool in the message', state: 'queued', ago: 2 },
  ];
}
