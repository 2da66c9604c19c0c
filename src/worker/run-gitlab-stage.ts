import { open, writeFile } from 'node:fs/promises';
import { VirtbsError } from '../errors.js';
import { commandLine } from '../guest/command-line.js';
import { sshCall } from '../guest/ssh-call.js';
import { runForeground } from '../process/run-foreground.js';
import { selectVm } from '../slice/select-vms.js';
import { findLogins } from '../workplace/find-logins.js';
import { findSessionSlice } from '../workplace/find-session-slice.js';
import type { Workplace } from '../workplace/workplace.js';
import { stageExitCode } from './stage-exit-code.js';

export interface StageOptions {
  /** The path of the script that the runner wrote. */
  readonly script: string;
  /** A VM or a role; the first VM of the slice where not given. */
  readonly on: string | undefined;
}

/** ssh itself ends with this where there is no login, or the connection is lost. */
const NO_LOGIN = 255;

/**
 * Reads the script to its end: what the shell starts must not take the rest of it for its input. A script that ends with ssh's
 * own code ends with another one, so that the two are not taken for each other.
 */
const RUN = [
  'shell=sh; command -v bash >/dev/null && shell=bash',
  'script=$(mktemp) && cat >"$script" || exit 254',
  '"$shell" "$script" </dev/null; code=$?; rm -f "$script"',
  `[ "$code" -ne ${NO_LOGIN} ] || code=254`,
  'exit "$code"',
].join('\n');

/**
 * Runs a script of GitLab's runner on a VM of the job's slice.
 *
 * @returns the exit code by which the runner knows whether the job or its environment has failed
 * @throws VirtbsError where there is no slice of the job, or no such VM
 */
export async function runGitlabStage({ script, on }: StageOptions, place: Workplace): Promise<number> {
  const slice = await findSessionSlice(place);
  const { sshConfig, hosts } = await findLogins(place, slice);
  const [first] = hosts;
  const vm = on === undefined ? first : selectVm(hosts, on, slice);
  if (!vm) throw new VirtbsError('slice-empty', `slice ${slice} has no VM to log in to`);
  const { cwd, env, signal } = place.settings;
  const guest = { sshConfig, hostname: vm.hostname };
  const line = [...sshCall(guest, { connection: 'shared' }), '--', commandLine(['sh', '-c', RUN])];
  await using input = await open(script);
  const streams = { input: input.fd, output: 'stdout', terminal: false } as const;
  const code = await runForeground(['ssh', ...line], { cwd, env, signal, ...streams });
  if (code === NO_LOGIN) {
    throw new VirtbsError('vm-failed', `${vm.hostname}: the connection was lost, or there is no login`);
  }
  const { BUILD_EXIT_CODE_FILE: file = '' } = env;
  if (code !== 0 && file !== '') await writeFile(file, String(code));
  return stageExitCode(code === 0 ? 'passed' : 'job', env);
}
