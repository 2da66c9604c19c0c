import type { ProvisionFile } from './provision.js';

/** The place where a task runs. */
export type TaskTarget =
  /** Every VM of the slice that has a login. */
  | { readonly kind: 'all' }
  /** The machine where virtbs runs. */
  | { readonly kind: 'here' }
  /** The VMs that these roles, host names or domains mean. */
  | { readonly kind: 'names'; readonly names: readonly string[] }
  /** The VMs that have all of these labels. */
  | { readonly kind: 'labels'; readonly labels: Readonly<Record<string, unknown>> };

/** The action of a task, which comes last, after its files and packages. */
export type TaskAction =
  /** A line for the shell. */
  | { readonly kind: 'run'; readonly line: string; readonly arguments: readonly string[] }
  /** A file of this machine, run on the node; a script without `#!` is run by its `sh`. */
  | { readonly kind: 'script'; readonly path: string; readonly arguments: readonly string[] }
  /** A playbook of this machine, run here with the inventory of the slice. */
  | { readonly kind: 'ansible'; readonly path: string; readonly arguments: readonly string[] }
  /** A program of this machine, run here with the slice as JSON on its standard input. */
  | { readonly kind: 'program'; readonly path: string; readonly arguments: readonly string[] }
  | { readonly kind: 'none' };

/**
 * The facts that a task is given about the other VMs: nothing; their names, roles and addresses; all of the plan, with labels
 * and disks.
 */
export const PEER_VIEWS = ['none', 'addresses', 'plan'] as const;

export type PeerView = (typeof PEER_VIEWS)[number];

/** When a slice is kept on account of a task. */
export const TASK_CHECKPOINTS = ['auto', 'after', 'never'] as const;

export type TaskCheckpoint = (typeof TASK_CHECKPOINTS)[number];

/** A task as the configuration has it. */
export interface TaskSettings {
  readonly name: string;
  readonly on: TaskTarget;
  /** Only on the first of the VMs that `on` means. */
  readonly first: boolean;
  /** Tasks that must be done on all their VMs before. */
  readonly wants: readonly string[];
  /** Tasks that must be done on the same VM before. */
  readonly wantsHere: readonly string[];
  readonly files: readonly ProvisionFile[];
  readonly packages: readonly string[];
  readonly action: TaskAction;
  /** Further files and folders of this machine that the action reads. */
  readonly reads: readonly string[];
  /** The user who runs the action. Where it is not given: root, or the user of the login for `sudo: false`. */
  readonly user: string | undefined;
  readonly sudo: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly chdir: string | undefined;
  /** Names of the values that the action writes to the file `$VIRTBS_GIVES`. */
  readonly gives: readonly string[];
  /** Names of values of other tasks that the action is given. */
  readonly takes: readonly string[];
  /** Names of secrets of the slice that the action is given. */
  readonly sees: readonly string[];
  readonly peers: PeerView;
  /** Milliseconds for one attempt; null for no limit. */
  readonly timeout: number | null;
  /** The number of further tries after a failure, and the pause before each, in milliseconds. */
  readonly retries: { readonly count: number; readonly pause: number };
  /** True if it may be run again where it was broken off half-way. */
  readonly repeatable: boolean;
  /** A line for the shell: where it succeeds there is nothing to do. */
  readonly unless: string | undefined;
  /** True if the action ends by a reboot of the VM. */
  readonly reboots: boolean;
  /** When the slice is kept: where that pays, once the task is done, or not before what wants the task is done. */
  readonly checkpoint: TaskCheckpoint;
  /** How long what it did may come from a checkpoint, in milliseconds; 0 for never, null for no limit. */
  readonly cache: number | null;
  /** A script of this machine that is run where the task ran, after what it did came back from a checkpoint. */
  readonly onRestore: string | undefined;
}

/** A secret that is made once for a slice. */
export interface SecretSettings {
  /** Characters. */
  readonly length: number;
}
