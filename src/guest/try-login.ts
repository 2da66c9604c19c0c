import type { GuestFacts } from '../output/state.js';
import { plainText } from '../text/plain-text.js';
import { describeGuestFailure } from './describe-guest-failure.js';
import { FACT_QUESTIONS, parseFacts } from './guest-facts.js';
import { GUEST_LIMITS } from './guest-limits.js';
import type { Guest } from './guest.js';
import { runInGuest } from './run-in-guest.js';

export type LoginResult =
  | { readonly state: 'ready' }
  /** Not yet: try again. */
  | { readonly state: 'refused'; readonly reason: string }
  /** The guest will never be ready. */
  | { readonly state: 'failed'; readonly reason: string; readonly lines?: readonly string[] };

export interface LoginOptions {
  readonly signal: AbortSignal;
  /** Called when the key was accepted and cloud-init, which the guest has, is waited for; then with each module that it runs. */
  readonly onCloudInit: (module?: string) => void;
  /** Whether the modules of cloud-init are told; a guest under emulation needs some time for that. */
  readonly modules?: boolean | undefined;
  /**
   * Called with the guest's facts before it is ready; null where it does not tell them. Without it the guest is not asked.
   */
  readonly onFacts?: ((facts: GuestFacts | null) => void) | undefined;
}

const WAITING = 'virtbs: waiting for cloud-init';
const FAILED = 'virtbs: cloud-init failed';
const FACTS = 'virtbs: facts';
const MODULE = 'virtbs: cloud-init: ';
const OUTPUT = 'virtbs: output';
/** Lines of what cloud-init's scripts said that a failure shows. */
const LAST_LINES = 12;
/**
 * Run by the guest's shell. `cloud-init status --wait` ends with 0 when it is done, 2 when it is done with warnings, 1 when it
 * failed. Source: https://cloudinit.readthedocs.io/en/latest/explanation/return_codes.html
 */
const CHECK = [
  'if command -v cloud-init >/dev/null 2>&1',
  `then echo '${WAITING}'`,
  'watch',
  'cloud-init status --wait >/dev/null 2>&1',
  'code=$?',
  '[ -z "$watch" ] || kill "$watch" 2>/dev/null',
  `[ $code != 1 ] || { echo '${FAILED}'; cloud-init status --long`,
  `echo '${OUTPUT}'; sudo -n tail -n ${LAST_LINES} /var/log/cloud-init-output.log; exit 0; } 2>/dev/null`,
  'fi',
].join('\n');

/**
 * Functions that begin to tell the modules as cloud-init's log has them, and one that does not. The log is root's; what reads it ends
 * with the shell.
 */
const WATCH = [
  'watch() {',
  'sudo -n tail -n +1 --pid=$$ -F /var/log/cloud-init.log 2>/dev/null </dev/null |',
  `sed -un 's/.*: Running module \\([^ ]*\\) .*/${MODULE}\\1/p' & watch=$!`,
  '}',
].join('\n');
const NO_WATCH = 'watch() { :; }';

/** Logs in once with the slice's key and strict checking of the host key, and waits for cloud-init where there is one. */
export async function tryLogin(guest: Guest, options: LoginOptions): Promise<LoginResult> {
  const { signal, onCloudInit, onFacts, modules = false } = options;
  const questions = onFacts ? [`echo '${FACTS}'`, FACT_QUESTIONS] : [];
  const script = ['watch=', modules ? WATCH : NO_WATCH, CHECK, ...questions, 'exit 0'].join('\n');
  const lines: string[] = [];
  const ended = await runInGuest(guest, script, {
    signal,
    printed: GUEST_LIMITS.answer,
    onLine(line) {
      if (line.startsWith(MODULE)) return onCloudInit(line.slice(MODULE.length));
      lines.push(line);
      if (line === WAITING) onCloudInit();
    },
  });
  if (ended.cut !== null) return { state: 'failed', reason: describeGuestFailure(ended) };
  if (ended.exitCode !== 0) return { state: 'refused', reason: describeGuestFailure(ended) };
  const failure = lines.indexOf(FAILED);
  if (failure < 0) {
    onFacts?.(parseFacts(lines.slice(lines.indexOf(FACTS) + 1)));
    return { state: 'ready' };
  }
  const output = lines.indexOf(OUTPUT, failure);
  const said = output < 0 ? [] : lines.slice(output + 1).map(plainText);
  const status = lines.slice(failure + 1, output < 0 ? undefined : output);
  const reason = `cloud-init failed: ${status.join(' ').trim()}`;
  return { state: 'failed', reason, ...(said.length > 0 && { lines: said }) };
}
