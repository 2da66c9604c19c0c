import { createReadStream } from 'node:fs';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FirstBootPlan } from '../plan/plan.js';
import { runProgram } from '../process/run-program.js';
import { writePayload } from '../provision/write-payload.js';
import { plainText } from '../text/plain-text.js';
import { describeGuestFailure } from './describe-guest-failure.js';
import type { Guest } from './guest.js';
import { runInGuest } from './run-in-guest.js';

export interface FirstBootOptions {
  readonly signal: AbortSignal;
  /** The file that gets all that the guest says. */
  readonly log: string;
  /** Called with each step as it begins: `script setup.sh`. */
  readonly onStep: (step: string) => void;
  /** Called with each line that the guest says, steps included. */
  readonly onLine: () => void;
}

/** The reason why a first boot came to no good end, and the last lines that were said. */
export interface FirstBootFailure {
  readonly reason: string;
  readonly lines: readonly string[];
}

/** Begins a line of ours among those of scripts and package managers: see `images/provision/run`. */
const OURS = 'virtbs: ';
/** Lines that a failure shows. */
const LAST_LINES = 12;
/** Exit code of ssh itself. */
const SSH_FAILED = 255;

/** Unpacks what comes by standard input, and runs it; nothing of it is left. A guest's root needs no sudo. */
const RECEIVE = [
  'dir=$(mktemp -d /var/tmp/virtbs-XXXXXX) || exit 1',
  'tar -xf - -C "$dir" || exit 1',
  'sh "$dir/run" </dev/null',
  'code=$?',
  'rm -rf "$dir"',
  'exit $code',
].join('; ');
const COMMAND = `exec 2>&1; if [ -w /etc ]; then sh -c '${RECEIVE}'; else sudo -n sh -c '${RECEIVE}'; fi`;

/**
 * Gives a guest its files and packages and runs its scripts, as root, in this order. Stops at the first that fails.
 *
 * @returns null where all went well
 * @throws an error of the file system; VirtbsError `program-missing`, `cancelled`
 */
export async function runFirstBoot(
  guest: Guest,
  { files, packages, scripts }: FirstBootPlan,
  { signal, log, onStep, onLine }: FirstBootOptions,
): Promise<FirstBootFailure | null> {
  const folder = await mkdtemp(join(tmpdir(), 'virtbs-first-boot-'));
  try {
    const payload = join(folder, 'payload');
    const archive = join(folder, 'payload.tar');
    await writePayload(payload, { files, packages, scripts }, { signal });
    await runProgram('tar', ['--create', '--file', archive, '--directory', payload, '.'], { signal });
    await writeFile(log, '', { mode: 0o600 });
    const last: string[] = [];
    const ended = await runInGuest(guest, COMMAND, {
      signal,
      input: createReadStream(archive),
      async onLine(line) {
        const text = plainText(line);
        last.push(text);
        if (last.length > LAST_LINES) last.shift();
        await appendFile(log, `${text}\n`);
        onLine();
        if (line.startsWith(OURS)) onStep(text.slice(OURS.length));
      },
    });
    if (ended.exitCode === 0) return null;
    const said = last.findLast((line) => line.startsWith(OURS))?.slice(OURS.length);
    const reason =
      ended.exitCode === SSH_FAILED
        ? describeGuestFailure(ended)
        : (said ?? `it ended with exit code ${ended.exitCode}`);
    return { reason, lines: last };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
