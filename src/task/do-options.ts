import type { CheckpointHolder } from '../checkpoint/checkpoint-holders.js';
import type { SecretSettings, TaskSettings } from '../config/task-settings.js';
import type { PreparedTasks } from './prepare-tasks.js';
import type { TaskCache } from './task-cache.js';
import type { NodesOptions } from './task-nodes.js';

export interface DoOptions extends NodesOptions {
  /** The folder of the slice's files, for tasks that run on this machine. */
  readonly outputDirectory: string;
  readonly tasks: Readonly<Record<string, TaskSettings>>;
  readonly secrets: Readonly<Record<string, SecretSettings>>;
  readonly place: (path: readonly (string | number)[]) => string;
  /** Tasks that are asked for, with all that they want; all where none is named. */
  readonly goals: readonly string[];
  /** Tasks that are run although they are done. */
  readonly again: readonly string[];
  /** Tasks that are taken for done without being run. */
  readonly done: readonly string[];
  /** Whether only what would be done is said. */
  readonly dryRun: boolean;
  /** True if the first failure ends what runs. */
  readonly stop: boolean;
  /** Returns the command line with these words that works on the same slice with the same configuration; for hints. */
  readonly commandLine: (words: readonly string[]) => string;
  /** `SLOT/BUILD` of the image of each VM, by host name. */
  readonly images: ReadonlyMap<string, string | null>;
  /** The graph and what is in it, where they were made before. */
  readonly prepared?: PreparedTasks | undefined;
  readonly cache?: TaskCache | undefined;
  /** Says which checkpoint holds a task; nobody asks where not given. */
  readonly holder?: CheckpointHolder | undefined;
}

/** The defaults of what a person may ask for besides tasks. */
export const NOTHING_CHOSEN = { again: [], done: [], dryRun: false, stop: false } as const;

export interface DoResult {
  readonly version: 1;
  readonly slice: number;
  readonly dryRun: boolean;
  /** Units in an order in which each comes after all that it wants. */
  readonly units: readonly DoneUnit[];
}

/** One task on one VM, or on this machine. */
export interface DoneUnit {
  readonly task: string;
  /** A host name; null for the machine where virtbs runs. */
  readonly vm: string | null;
  readonly outcome: 'ran' | 'skipped' | 'failed' | 'blocked' | 'stopped' | 'would-run';
  /** The reason why it was run, or why it is not done; null where it was done before. */
  readonly why: string | null;
  /** When it was last done, ISO 8601, UTC; null where it is not. */
  readonly ended: string | null;
  readonly milliseconds: number;
  /** Milliseconds for which its work may come from a checkpoint; 0 for never, null for no limit. */
  readonly cache: number | null;
  /** The log on this machine; null where it was not run now. */
  readonly log: string | null;
  /** The key of the newest checkpoint that holds it as it is asked for now; null for none; not given where nobody looked. */
  readonly checkpoint?: string | null;
}
