import * as z from 'zod';
import { OUTCOMES } from '../../ci/outcome.js';
import { slice, time, version } from './members.js';

const count = z.int().min(0);

const runSummary = z.object({
  id: z.int(),
  uuid: z.string().describe('its name in the tables of results'),
  job: z.string(),
  project: z.string(),
  branch: z.string(),
  change: z.int().nullable(),
  patchSet: z.int().nullable(),
  revision: z.string().nullable(),
  state: z.enum(['queued', 'running', 'ended']),
  outcome: z.enum(OUTCOMES).nullable().describe('null until it has ended'),
  summary: z.string().describe('why, in a few lines'),
  queuedAt: time,
  startedAt: time.nullable().describe('when it was last begun'),
  endedAt: time.nullable(),
  attempts: count.describe('how often it was begun'),
  slice: slice.nullable(),
  byHand: z.boolean(),
  repeats: z.int().nullable().describe('the run that it repeats'),
  depends: z
    .array(
      z.object({
        project: z.string(),
        branch: z.string(),
        change: z.int(),
        patchSet: z.int(),
        revision: z.string(),
        url: z.string().nullable(),
      }),
    )
    .describe('the open changes that its change depends on, as the run had them'),
  kept: z
    .object({ ssh: z.string().describe('the line that leads into it'), until: time })
    .nullable()
    .describe('the slice that was kept of a run that failed'),
  tests: z.object({ passed: count, failed: count, skipped: count }).nullable(),
});

export const ciRunSchema = z.object({ version, run: runSummary });

export const ciStatusSchema = z.object({
  version,
  queued: count,
  running: count,
  unreported: count.describe('reports that are not sent yet'),
  runs: z.array(runSummary),
});

const share = z.number().min(0).max(1);

export const ciTestsSchema = z.object({
  version,
  tests: z.array(
    z.object({
      test: z.string(),
      job: z.string().nullable().describe('null where results were imported without it'),
      branch: z.string().nullable(),
      runs: count.describe('without those that skipped it'),
      passed: count,
      failed: count,
      passRate: share,
      flips: count.describe('how often it passed after it failed, or the other way round'),
      unsteady: count.describe('revisions with which it passed and failed as well'),
      meanSeconds: z.number().nullable().describe('of results that passed'),
      longestSeconds: z.number().nullable(),
      lastStatus: z.enum(['passed', 'failed']),
      lastRun: time,
      lastFailure: time.nullable(),
    }),
  ),
});

export const ciImportSchema = z.object({
  version,
  imported: z.array(
    z.object({
      file: z.string(),
      uuid: z.string().describe('its name in the tables of results'),
      isNew: z.boolean().describe('false where the same file was imported before'),
      counts: z.object({ passed: count, failed: count, skipped: count }),
      problems: z.array(z.object({ place: z.string(), message: z.string() })),
    }),
  ),
});

export const ciPageSchema = z.object({
  version,
  folder: z.string(),
  written: count.describe('pages that are new or have changed'),
  pages: count,
});
