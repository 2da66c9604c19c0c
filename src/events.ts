/** The phases of a verb, in the order of `cycle`; `--timings` prints one line for each. */
export type Phase =
  | 'configuration'
  | 'lock'
  | 'inspect'
  | 'images'
  | 'seeds'
  | 'wipe'
  | 'networks'
  | 'vms'
  | 'wait'
  | 'files'
  | 'facts'
  | 'sync'
  | 'save'
  | 'restore'
  | 'clock';

/** The phases of a VM, in their order. */
export type VmPhase = 'defined' | 'started' | 'booting' | 'network' | 'ssh' | 'cloud-init' | 'first-boot' | 'ready';

/** All that a verb has to say while it works. Renderers draw it; verbs never print. */
export type VirtbsEvent =
  | { readonly type: 'phase-start'; readonly phase: Phase }
  | { readonly type: 'phase-end'; readonly phase: Phase; readonly milliseconds: number }
  | {
      readonly type: 'vm';
      readonly hostname: string;
      readonly phase: VmPhase;
      /** The step of the phase: `scripts-user`, `script setup.sh`. */
      readonly detail?: string;
    }
  | { readonly type: 'vm-power'; readonly hostname: string; readonly power: 'stopping' | 'off' | 'rebooting' }
  /** The progress of a task on one VM, or on this machine (null). */
  | {
      readonly type: 'task';
      readonly task: string;
      readonly vm: string | null;
      /** The number of nodes on which it runs. */
      readonly vms: number;
      readonly state: 'running' | 'retry' | 'ran' | 'skipped' | 'failed' | 'blocked' | 'stopped';
      readonly why: string | null;
      readonly milliseconds?: number;
    }
  | { readonly type: 'vm-gone'; readonly name: string }
  | { readonly type: 'lock-wait'; readonly what: string; readonly holder: string }
  | { readonly type: 'image-start'; readonly slot: string; readonly action: 'download' | 'build' }
  | {
      readonly type: 'image-progress';
      readonly slot: string;
      /** Bytes received so far. */
      readonly received: number;
      /** Bytes in all, where the server says. */
      readonly total: number | null;
      /** The recent speed; null at the beginning. */
      readonly bytesPerSecond: number | null;
    }
  | { readonly type: 'image-log'; readonly slot: string; readonly line: string }
  | { readonly type: 'image-ready'; readonly slot: string; readonly build: string; readonly milliseconds: number }
  /** A request to a service of a cloud that was answered, or broke off: then it has no status. */
  | {
      readonly type: 'request';
      readonly service: string;
      readonly method: string;
      /** The path behind the service's endpoint, with its query. */
      readonly path: string;
      readonly status: number | null;
      readonly milliseconds: number;
      /** The id by which operators of the cloud find the request in their logs. */
      readonly requestId: string | null;
    }
  /** A note to be read later, too: which slice was chosen, what became of it. */
  | { readonly type: 'note'; readonly message: string }
  | { readonly type: 'warning'; readonly message: string; readonly hint?: string }
  | { readonly type: 'debug'; readonly message: string };

/** The context that every verb is given besides its own options. */
export interface VerbContext {
  readonly emit: (event: VirtbsEvent) => void;
  readonly signal: AbortSignal;
}
