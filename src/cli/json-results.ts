import type { ListedKind, ListedName } from '../config/list-names.js';
import type { CiStatus, RunSummary } from '../ci/queue/run-summary.js';
import type { WrittenPages } from '../ci/page/write-pages.js';
import type { ImportedFile } from '../ci/results/import-results.js';
import type { TestStatistics } from '../ci/results/test-statistics.js';
import type { ForgetResult } from '../checkpoint/forget-checkpoints.js';
import type { CheckpointSummary } from '../checkpoint/list-checkpoints.js';
import type { ConfigurationJson } from '../config/render-configuration.js';
import type { Finding } from '../host/finding.js';
import type { Step } from '../host/prepare-host.js';
import type { AddedBuild } from '../image/add-build.js';
import type { GarbageResult } from '../image/collect-garbage.js';
import type { ExportResult } from '../image/export-image.js';
import type { ListedBuild } from '../image/list-images.js';
import type { MovedTag } from '../image/move-tags.js';
import type { RemoveResult } from '../image/remove-builds.js';
import type { ImageBuild } from '../image/types.js';
import type { RemovedTag } from '../image/untag-builds.js';
import type { SshConfigResult } from '../output/change-ssh-config.js';
import type { PayloadSummary } from '../payload/list-payloads.js';
import type { PlanJson } from '../plan/plan-json.js';
import type { ChangeResult } from '../slice/change-vms.js';
import type { CopyResult } from '../slice/copy-on-vms.js';
import type { CycleResult } from '../slice/cycle.js';
import type { DeletedSnapshot } from '../slice/delete-snapshot.js';
import type { SnapshotList } from '../slice/list-snapshots.js';
import type { SliceList } from '../slice/list-slices.js';
import type { ReapResult } from '../slice/reap.js';
import type { ReplaceResult } from '../slice/replace.js';
import type { RestoreResult } from '../slice/restore.js';
import type { RunResult } from '../slice/run-on-vms.js';
import type { RunWithSliceResult } from '../slice/run-with-slice.js';
import type { SnapshotResult } from '../slice/snapshot.js';
import type { StatusResult } from '../slice/status.js';
import type { TopSample } from '../slice/top.js';
import type { UpResult } from '../slice/up.js';
import type { WaitResult } from '../slice/wait.js';
import type { WipeManyResult } from '../slice/wipe-many.js';
import type { WipeResult } from '../slice/wipe.js';
import type { DoResult } from '../task/do-options.js';
import type { LeaseResult } from '../workplace/make-lease.js';
import type { VerifyResult } from '../workplace/verify-deployment.js';
import type { OutputStream } from './command.js';
import type { ErrorJson } from './describe-error.js';

/**
 * The results that commands print with `--json`: contracts for programs. Members are added, never removed or changed in
 * meaning, without a new version. Each has its file in `schemas/`, by the name that it has here.
 */
export interface JsonResults {
  readonly changes: ChangeResult<string>;
  readonly 'checkpoint-ls': { readonly version: 1; readonly checkpoints: readonly CheckpointSummary[] };
  readonly 'checkpoint-rm': ForgetResult;
  readonly 'ci-import': { readonly version: 1; readonly imported: readonly ImportedFile[] };
  readonly 'ci-page': { readonly version: 1 } & WrittenPages;
  readonly 'ci-run': { readonly version: 1; readonly run: RunSummary };
  readonly 'ci-status': CiStatus;
  readonly 'ci-tests': { readonly version: 1; readonly tests: readonly TestStatistics[] };
  readonly config: ConfigurationJson;
  readonly 'config-list': { readonly version: 1; readonly kind: ListedKind; readonly names: readonly ListedName[] };
  readonly copy: CopyResult;
  readonly cycle: CycleResult;
  readonly error: ErrorJson;
  readonly do: DoResult;
  readonly graph: { readonly version: 1; readonly format: string; readonly text: string };
  readonly 'host-check': { readonly version: 1; readonly findings: readonly Finding[] };
  readonly 'host-prepare': {
    readonly version: 1;
    readonly dryRun: boolean;
    readonly steps: readonly Pick<Step, 'what' | 'commands'>[];
  };
  readonly 'image-add': AddedBuild;
  readonly 'image-build': { readonly version: 1; readonly builds: readonly ImageBuild[] };
  readonly 'image-export': ExportResult;
  readonly 'image-gc': GarbageResult;
  readonly 'image-ls': { readonly version: 1; readonly builds: readonly ListedBuild[] };
  readonly 'image-rm': RemoveResult;
  readonly init: { readonly version: 1; readonly file: string };
  readonly lease: LeaseResult;
  readonly ls: SliceList;
  readonly 'payload-ls': { readonly version: 1; readonly payloads: readonly PayloadSummary[] };
  readonly plan: PlanJson;
  readonly reap: ReapResult;
  readonly replace: ReplaceResult;
  readonly restore: RestoreResult;
  readonly run: RunResult;
  readonly snapshot: SnapshotResult;
  readonly 'snapshot-delete': DeletedSnapshot;
  readonly snapshots: SnapshotList;
  readonly 'ssh-config': SshConfigResult;
  readonly status: StatusResult;
  readonly tag: { readonly version: 1; readonly tags: readonly MovedTag[] };
  readonly top: TopSample;
  readonly untag: { readonly version: 1; readonly dryRun: boolean; readonly tags: readonly RemovedTag[] };
  readonly up: UpResult;
  readonly verify: VerifyResult;
  readonly wait: WaitResult;
  readonly wipe: WipeResult;
  readonly 'wipe-many': WipeManyResult;
  readonly with: RunWithSliceResult;
}

export type JsonKind = keyof JsonResults;

/** Prints a result for programs. */
export function writeJson<K extends JsonKind>(
  _kind: K,
  result: JsonResults[K],
  { stdout }: { readonly stdout: OutputStream },
): void {
  stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}
