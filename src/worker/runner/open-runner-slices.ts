import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunnerSettings } from '../../config/runner-settings.js';
import { VirtbsError } from '../../errors.js';
import { makeReadableDirectory } from '../../files/make-readable-directory.js';
import { runnerPaths } from '../../filenames.js';
import { runInGuest } from '../../guest/run-in-guest.js';
import { readLeases } from '../../session/leases.js';
import { parseSession } from '../../session/parse-session.js';
import { CI_SESSION } from '../../session/recognize-session.js';
import { isSameRun, type Session } from '../../session/session.js';
import { selectVm } from '../../slice/select-vms.js';
import { wipeMany } from '../../slice/wipe-many.js';
import { findLogins } from '../../workplace/find-logins.js';
import { findSessionSlice } from '../../workplace/find-session-slice.js';
import { makeLease } from '../../workplace/make-lease.js';
import { openWorkplace } from '../../workplace/open-workplace.js';
import type { Workplace } from '../../workplace/workplace.js';
import { END_LINE, guestScript, START_FILE } from './guest-script.js';
import type { LeftRunner, RunnerEnd, RunnerSlices } from './runner-slices.js';

/** Milliseconds that a slice may stand beside the time of its runner: to be ended in order. */
export const MORE_TIME = 1_800_000;

/** Milliseconds without progress after which a VM is given up; to wait for a lock. */
const PATIENCE = 600_000;

/** Milliseconds between two attempts to reach a guest, and the number of failures after which it is lost. */
const PAUSE = 5000;
const MOST_FAILURES = 12;

/** ssh itself ends with this where there is no login, or the connection is lost. */
const NO_LOGIN = 255;

const SESSION = 'runner/';

/** Opens the slices in which runners work: leases in the workplace, whose sessions have the names of the runners. */
export function openRunnerSlices(settings: RunnerSettings, place: Workplace): RunnerSlices {
  /** A workplace of one runner, with a session and a folder of its own. */
  const own = async (name: string, signal: AbortSignal): Promise<Workplace> => {
    const { emit } = place.verb;
    return openWorkplace({
      ...place.settings,
      // The configuration is read once.
      ...{ read: () => place.sources(), signal, outputDirectory: await folderOf(name) },
      env: { ...place.settings.env, [CI_SESSION]: `${SESSION}${name}` },
      emit(event) {
        if (event.type === 'note' || event.type === 'warning') emit({ ...event, message: `${name}: ${event.message}` });
      },
    });
  };
  const folderOf = async (name: string): Promise<string> => runnerPaths(await place.root(), name).directory;

  return {
    async left(prefix) {
      const [root, driver] = [await place.root(), await place.driver()];
      const [states, leases] = await Promise.all([driver.inspect({}, place.verb), readLeases(root)]);
      const found = new Map<string, LeftRunner>();
      const ours = ({ kind, id }: Session): string | undefined =>
        kind === 'ci' && id.startsWith(`${SESSION}${prefix}`) ? id.slice(SESSION.length) : undefined;
      for (const state of states) {
        const name = ours(parseSession(state.session));
        if (name !== undefined && state.root === root) found.set(name, { name, isWhole: false, expires: null });
      }
      for (const { session, until, expires } of leases) {
        const name = ours(session);
        if (name === undefined) continue;
        const isWhole = until === 'time' && found.has(name);
        found.set(name, { name, isWhole, expires: expires === null ? null : Date.parse(expires) });
      }
      return [...found.values()];
    },
    async make(name, start, signal) {
      await makeReadableDirectory(await folderOf(name));
      await using runner = await own(name, signal);
      const { layers, topology, deploy, ttl } = settings;
      await makeLease(
        {
          ...{ plan: { ...(layers !== undefined && { layers }), topology }, tasks: deploy, keep: undefined },
          ...{ luggage: [{ path: START_FILE, content: start }], lateFiles: true, another: true, onFailure: 'wipe' },
          ...{ ttl: ttl + MORE_TIME, bootTimeout: PATIENCE, lockTimeout: PATIENCE, started: performance.now() },
        },
        runner,
      );
    },
    async work(name, signal) {
      await using runner = await own(name, signal);
      const slice = await findSessionSlice(runner);
      const { sshConfig, hosts } = await findLogins(runner, slice);
      const [first] = hosts;
      const vm = settings.on === undefined ? first : selectVm(hosts, settings.on, slice);
      if (!vm) throw new VirtbsError('slice-empty', `slice ${slice} has no VM to log in to`);
      for (let failures = 0; ; failures++) {
        const { exitCode, stdout, stderr } = await runInGuest(
          { sshConfig, hostname: vm.hostname, local: vm.local },
          'sh',
          {
            ...{ signal, input: guestScript(), kept: 64 * 1024 },
          },
        );
        const end = readEnd(stdout);
        if (end) return end;
        if (exitCode !== NO_LOGIN || failures >= MOST_FAILURES) {
          const said = stderr.trim().split('\n').at(-1) ?? '';
          throw new VirtbsError('vm-failed', `${vm.hostname}: the runner cannot be started or watched: ${said}`);
        }
        // A raised signal is seen by the next attempt.
        await sleep(PAUSE, undefined, { signal }).catch(() => undefined);
      }
    },
    async end(name) {
      await using runner = await own(name, new AbortController().signal);
      const session = await runner.session();
      const [root, driver] = [await runner.root(), await runner.driver()];
      const select = (each: Session): boolean => isSameRun(each, session);
      const { outputDirectory } = runner;
      await wipeMany({ driver, root, outputDirectory, lockTimeout: PATIENCE, dryRun: false, select }, runner.verb);
      await rm(outputDirectory, { recursive: true, force: true });
    },
  };
}

function readEnd(stdout: string): RunnerEnd | undefined {
  const lines = stdout.trimEnd().split('\n');
  const found = END_LINE.exec(lines.at(-1) ?? '');
  return found ? { code: found[1] === undefined ? null : Number(found[1]), words: lines.slice(0, -1) } : undefined;
}
