import { describeEnd } from '../../process/run-program.js';
import { streamProgram } from '../../process/stream-program.js';
import { GerritAway, GerritRefusal } from './gerrit-away.js';
import type { GerritSettings } from './gerrit-settings.js';
import { sshArguments } from './ssh-arguments.js';

export interface GerritCommandOptions {
  readonly signal: AbortSignal;
  readonly input?: string;
  readonly aliveSeconds?: number | undefined;
}

/** Bytes of output that are held. */
const KEPT = 128 * 1024 ** 2;
/** Milliseconds for one command. */
const LONGEST = 300_000;
/** What ssh itself returns where it has no connection, or loses it. */
const SSH_FAILED = 255;

/**
 * Runs a command of Gerrit over ssh to its end.
 *
 * @returns what it prints
 * @throws GerritAway where there is no connection; GerritRefusal where the command fails; VirtbsError `cancelled`,
 *   `program-missing`
 */
export async function runGerritCommand(
  settings: GerritSettings,
  words: readonly string[],
  { signal, input, aliveSeconds }: GerritCommandOptions,
): Promise<string> {
  const ended = await streamProgram('ssh', sshArguments(settings, words, aliveSeconds), {
    signal,
    deadline: LONGEST,
    limits: { kept: 2 * KEPT, line: 1024, printed: KEPT },
    ...(input !== undefined && { input }),
  });
  const label = words.slice(0, 2).join(' ');
  if (ended.exitCode === 0 && !ended.cut) return ended.stdout;
  const message = describeEnd(label, ended);
  if (ended.cut || ended.exitCode >= 128) throw new GerritAway(message, hintOf(ended));
  throw new GerritRefusal(message, /not found|no such change/i.test(ended.stderr) ? 404 : 400);
}

function hintOf({ exitCode, stderr }: { readonly exitCode: number; readonly stderr: string }): {
  readonly hint?: string;
} {
  if (exitCode !== SSH_FAILED) return {};
  const hint = sshHint(stderr);
  return hint === undefined ? {} : { hint };
}

/** What to do about words of ssh that a person must see to; undefined for those that may pass by themselves. */
export function sshHint(stderr: string): string | undefined {
  if (/Host key verification failed/.test(stderr)) {
    return 'add the host key of Gerrit to known_hosts: log in once by hand, and compare it';
  }
  if (/Permission denied/.test(stderr)) return "add the public half of the key to the account's SSH keys in Gerrit";
  return undefined;
}
