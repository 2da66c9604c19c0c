import { VirtbsError } from '../errors.js';
import type { GuestFacts } from '../output/state.js';
import { runProgram } from '../process/run-program.js';
import { FACT_QUESTIONS, parseFacts } from './guest-facts.js';

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
  /** Where it is given, the guest is asked what it is; called before the guest is ready, with null where it does not say. */
  readonly onFacts?: ((facts: GuestFacts | null) => void) | undefined;
}

const WAITING = 'virtbs: waiting for cloud-init';
const FAILED = 'virtbs: cloud-init failed';
const FACTS = 'virtbs: facts';
/**
 * Run by the guest's shell. `cloud-init status --wait` ends with 0 when it is done, 2 when it is done with warnings, 1 when it
 * failed. Source: https://cloudinit.readthedocs.io/en/latest/explanation/return_codes.html
 */
const CHECK = [
  'if command -v cloud-init >/dev/null 2>&1',
  `then echo '${WAITING}'`,
  'cloud-init status --wait >/dev/null 2>&1',
  `[ $? != 1 ] || { echo '${FAILED}'; cloud-init status --long; exit 0; }`,
  'fi',
].join('\n');

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
export async function tryLogin(target: LoginTarget, options: LoginOptions): Promise<LoginResult> {
  const { signal, onCloudInit, onFacts } = options;
  const questions = onFacts ? [`echo '${FACTS}'`, FACT_QUESTIONS] : [];
  const script = [CHECK, ...questions, 'exit 0'].join('\n');
  const lines: string[] = [];
  try {
    await runProgram('ssh', ['-F', target.sshConfig, ...BATCH_OPTIONS, target.hostname, script], {
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
  if (failure < 0) {
    onFacts?.(parseFacts(lines.slice(lines.indexOf(FACTS) + 1)));
    return { state: 'ready' };
  }
  return {
    state: 'failed',
    reason: `cloud-init failed: ${lines
      .slice(failure + 1)
      .join(' ')
      .trim()}`,
  };
}
