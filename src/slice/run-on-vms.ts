import { commandLine } from '../guest/command-line.js';
import { GUEST_LIMITS } from '../guest/guest-limits.js';
import { runInGuest } from '../guest/run-in-guest.js';
import type { OutputStreamName } from '../process/stream-program.js';
import type { SshHosts } from './find-ssh-hosts.js';
import { selectVms } from './select-vms.js';

export interface RunOptions extends SshHosts {
  readonly slice: number;
  /** VMs and roles; none means all of the slice. */
  readonly words: readonly string[];
  /** A program and its arguments, or one word that is a line for the guests' shell: see `commandLine`. */
  readonly command: readonly string[];
  /** True if the result has what the command printed: of each stream 1 MiB at most, the beginning and the end. */
  readonly collect: boolean;
}

export interface RunContext {
  readonly signal: AbortSignal;
  /**
   * Called with each line as it comes; `hosts` are all that the command runs on. A guest has to wait while a promise that it
   * returns is pending.
   */
  readonly onLine: (line: HostLine) => void | PromiseLike<void>;
}

export interface HostLine {
  readonly hostname: string;
  readonly hosts: readonly string[];
  readonly stream: OutputStreamName;
  readonly line: string;
}

export interface RunResult {
  readonly version: 1;
  readonly slice: number;
  readonly vms: readonly VmRun[];
}

export interface VmRun {
  readonly hostname: string;
  /** The command's, or 255 where ssh could not log in. */
  readonly exitCode: number;
  /** Empty where no output is kept. A line in the middle says how much is left out there. */
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes that the command has printed and that are left out. */
  readonly omittedBytes: Readonly<Record<OutputStreamName, number>>;
  readonly milliseconds: number;
}

const NOTHING = { stdout: '', stderr: '', omittedBytes: { stdout: 0, stderr: 0 } } as const;

/** Runs a command on VMs of a slice, on all at once. A VM that cannot be reached is a result like any other. */
export async function runOnVms(options: RunOptions, { signal, onLine }: RunContext): Promise<RunResult> {
  const { slice, words, command, collect } = options;
  const { sshConfig, hosts } = options;
  const chosen = selectVms(hosts, words, slice);
  const hostnames = chosen.map(({ hostname }) => hostname);
  const vms = chosen.map(async ({ hostname, local }): Promise<VmRun> => {
    const started = performance.now();
    const { exitCode, stdout, stderr, omitted } = await runInGuest(
      { sshConfig, hostname, local },
      commandLine(command),
      {
        signal,
        connection: 'shared',
        kept: collect ? GUEST_LIMITS.kept : 0,
        onLine: (line, stream) => onLine({ hostname, hosts: hostnames, stream, line }),
      },
    );
    const output = collect ? { stdout, stderr, omittedBytes: omitted } : NOTHING;
    return { hostname, exitCode, ...output, milliseconds: Math.round(performance.now() - started) };
  });
  return { version: 1, slice, vms: await Promise.all(vms) };
}
