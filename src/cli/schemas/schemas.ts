import type * as z from 'zod';
import { stateSchema } from '../../output/state-schema.js';
import { planSchema } from '../../plan/plan-schema.js';
import type { JsonKind } from '../json-results.js';
import * as build from './build-schemas.js';
import * as ci from './ci-schemas.js';
import { errorSchema } from './error-schema.js';
import { eventSchema } from './event-schema.js';
import * as image from './image-schemas.js';
import { likeResults } from './like-results.js';
import * as look from './look-schemas.js';

const RESULTS = likeResults({
  changes: look.changesSchema,
  'checkpoint-ls': image.checkpointLsSchema,
  'checkpoint-rm': image.checkpointRmSchema,
  'ci-import': ci.ciImportSchema,
  'ci-page': ci.ciPageSchema,
  'ci-run': ci.ciRunSchema,
  'ci-status': ci.ciStatusSchema,
  'ci-tests': ci.ciTestsSchema,
  config: look.configSchema,
  'config-list': look.configListSchema,
  copy: look.copySchema,
  cycle: build.cycleSchema,
  error: errorSchema,
  do: build.doSchema,
  graph: look.graphSchema,
  'host-check': look.hostCheckSchema,
  'host-prepare': look.hostPrepareSchema,
  'image-add': image.imageAddSchema,
  'image-build': image.imageBuildSchema,
  'image-export': image.imageExportSchema,
  'image-gc': image.imageGcSchema,
  'image-ls': image.imageLsSchema,
  'image-rm': image.imageRmSchema,
  lease: build.leaseSchema,
  ls: look.lsSchema,
  init: look.initSchema,
  'payload-ls': look.payloadLsSchema,
  plan: planSchema,
  reap: build.reapSchema,
  replace: build.replaceSchema,
  restore: build.restoreSchema,
  run: look.runSchema,
  snapshot: build.snapshotSchema,
  'snapshot-delete': build.snapshotDeleteSchema,
  snapshots: build.snapshotsSchema,
  'ssh-config': look.sshConfigSchema,
  status: look.statusSchema,
  tag: image.tagSchema,
  top: look.topSchema,
  untag: image.untagSchema,
  up: build.upSchema,
  verify: build.verifySchema,
  wait: look.waitSchema,
  wipe: build.wipeSchema,
  'wipe-many': build.wipeManySchema,
  with: build.withSchema,
});

/** The commands whose results are not called as they are. */
const COMMANDS: Partial<Record<JsonKind, string>> = {
  changes: 'start, stop and reboot',
  'ci-import': 'ci import',
  'ci-page': 'ci page',
  'ci-run': 'ci run, ci stop and ci again',
  'ci-status': 'ci status and ci queue',
  'ci-tests': 'ci tests',
  'config-list': 'config layers, config roles and config networks',
  copy: 'cp and sync',
  error: 'a command that fails',
  do: 'do and tasks',
  'image-add': 'image import and image commit',
  'snapshot-delete': 'snapshot --delete',
  'ssh-config': 'ssh-config install and ssh-config remove',
  tag: 'tag and tagactive',
  top: 'top (a line for each sample)',
  verify: 'do --verify',
  'wipe-many': 'wipe --session and wipe --all',
};

/**
 * Every shape of our JSON, by the name of its file in `schemas/`, which `tools/write-schemas.js` makes of these. Only tools
 * and tests load them: a command needs nothing to print what the compiler has checked.
 */
export const SCHEMAS: Readonly<Record<JsonKind | 'event' | 'state', z.ZodType>> = {
  ...(Object.fromEntries(
    (Object.entries(RESULTS) as [JsonKind, z.ZodType][]).map(([kind, schema]) => [kind, titled(kind, schema)]),
  ) as Record<JsonKind, z.ZodType>),
  event: eventSchema,
  state: stateSchema,
};

function titled(kind: JsonKind, schema: z.ZodType): z.ZodType {
  const commands = COMMANDS[kind] ?? kind.replace('-', ' ');
  return schema.meta({
    title: `virtbs: what ${commands} ${commands.includes(' and ') ? 'print' : 'prints'} with --json`,
  });
}
