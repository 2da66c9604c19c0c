import { runByLine } from '../process/run-by-line.js';
import { findSshHosts } from './find-ssh-hosts.js';
import type { OutputDirectoryOptions } from './find-output-directory.js';
import { selectVms } from './select-vms.js';

export interface RunOptions extends OutputDirectoryOptions {
  /** VMs and roles; none means all of the slice. */
  readonly words: readonly string[];
  /** Words that the guest's shell is given, as ssh would be. */
  readonly command: readonly string[];
}

export interface RunContext {
  readonly signal: AbortSignal;
  /** Called with each line as it comes; `hosts` are all that the command runs on. */
  readonly onLine: (line: HostLine) => void;
}

export interface HostLine {
  readonly hostname: string;
  readonly hosts: readonly string[];
  readonly stream: 'stdout' | 'stderr';
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
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/**
 * Never asks. A shared connection is used where there is one, and none is left behind: it would keep our pipes open.
 * Source: ssh_config(5)
 */
const OPTIONS = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', '-o', 'ControlMaster=no'];

/** Runs a command on VMs of a slice, on all at once. A VM that cannot be reached is a result like any other. */
export async function runOnVms(options: RunOptions, { signal, onLine }: RunContext): Promise<RunResult> {
  const { slice, words, command } = options;
  const { sshConfig, hosts } = await findSshHosts(options);
  const hostnames = selectVms(hosts, words, slice).map(({ hostname }) => hostname);
  const vms = hostnames.map(async (hostname): Promise<VmRun> => {
    const started = performance.now();
    const texts = { stdout: '', stderr: '' };
    const exitCode = await runByLine('ssh', ['-F', sshConfig, ...OPTIONS, hostname, '--', ...command], {
      signal,
      onLine(line, stream) {
        texts[stream] += `${line}\n`;
        onLine({ hostname, hosts: hostnames, stream, line });
      },
    });
    return { hostname, exitCode, ...texts, milliseconds: Math.round(performance.now() - started) };
  });
  return { version: 1, slice, vms: await Promise.all(vms) };
}
