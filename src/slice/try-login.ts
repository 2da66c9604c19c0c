import { VirtbsError } from '../errors.js';
import { runProgram } from '../process/run-program.js';

export interface LoginTarget {
  readonly sshConfig: string;
  readonly hostname: string;
}

export type LoginResult =
  | { readonly state: 'ready' }
  /** Not yet: try again. */
  | { readonly state: 'refused'; readonly reason: string }
  /** It will never be ready. */
  | { readonly state: 'failed'; readonly reason: string };

export interface LoginOptions {
  readonly signal: AbortSignal;
  /** Called when the key was accepted and cloud-init, which the guest has, is waited for. */
  readonly onCloudInit: () => void;
}

const WAITING = 'virtbs: waiting for cloud-init';
const FAILED = 'virtbs: cloud-init failed';
/**
 * Run by the guest's shell. `cloud-init status --wait` ends with 0 when it is done, 2 when it is done with warnings, 1 when it
 * failed. Source: https://cloudinit.readthedocs.io/en/latest/explanation/return_codes.html
 */
const CHECK = [
  'command -v cloud-init >/dev/null 2>&1 || exit 0',
  `echo '${WAITING}'`,
  'cloud-init status --wait >/dev/null 2>&1',
  `[ $? = 1 ] && { echo '${FAILED}'; cloud-init status --long; }`,
  'exit 0',
].join('; ');

/** Never asks, and leaves no shared connection behind. */
export const BATCH_OPTIONS = [
  '-o',
  'BatchMode=yes',
  '-o',
  'ConnectTimeout=30',
  '-o',
  'ControlMaster=no',
  '-o',
  'ControlPath=none',
];

/** Logs in once with the slice's key and strict checking of the host key, and waits for cloud-init where there is one. */
export async function tryLogin(target: LoginTarget, { signal, onCloudInit }: LoginOptions): Promise<LoginResult> {
  const lines: string[] = [];
  try {
    await runProgram('ssh', ['-F', target.sshConfig, ...BATCH_OPTIONS, target.hostname, CHECK], {
      signal,
      onLine(line) {
        lines.push(line);
        if (line === WAITING) onCloudInit();
      },
    });
  } catch (error) {
    if (!(error instanceof VirtbsError)) throw error;
    if (error.code === 'program-missing') throw error;
    return { state: 'refused', reason: error.message };
  }
  const failure = lines.indexOf(FAILED);
  if (failure < 0) return { state: 'ready' };
  return {
    state: 'failed',
    reason: `cloud-init failed: ${lines
      .slice(failure + 1)
      .join(' ')
      .trim()}`,
  };
}
