import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { ForgeServer, TOKEN } from '../worker/forge-server.js';
import { noLab, run, runVirtbs } from './run-virtbs.js';

const skip = noLab;

/** The runner of the tests: it keeps what it was given, and does a job until it is told that it is done. */
const STAND_IN = `#!/bin/sh
echo "$ACTIONS_RUNNER_INPUT_JITCONFIG" >"$HOME"/given
until [ -e "$HOME"/done ]; do sleep 0.2; done
`;

const configuration = (url: string): string => `
topology: plain:1
machine_matrix:
  roles:
    plain:
      files: [{ source: ./stand-in, path: /opt/actions-runner/run.sh, mode: '0755' }]
runner:
  poll: 200ms
  github:
    url: ${url}/github
    scope: team/app
    labels: [virtbs]
    token_file: ./token
`;

/** `virtbs runner github`, and all that it says. */
class Runners {
  readonly #child: ChildProcess;
  said = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on('data', (chunk) => (this.said += String(chunk)));
  }

  static async start(t: Test, cwd: string, ...args: readonly string[]): Promise<Runners> {
    const line = [join(await packageDirectory(), 'bin', 'virtbs'), '-c', 'runner.yaml', 'runner', 'github', ...args];
    const child = spawn(process.execPath, line, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    t.teardown(() => child.kill('SIGKILL'));
    return new Runners(child);
  }

  /** @returns the exit code; null where a signal ended it */
  async end(signal?: NodeJS.Signals): Promise<number | null> {
    const ended = once(this.#child, 'close') as Promise<[number | null]>;
    if (signal) this.#child.kill(signal);
    return (await ended)[0];
  }

  /** Returns the word that it says, or throws what it said instead. */
  async says(words: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = words.exec(this.said);
      if (found) return found;
      if (this.#child.exitCode !== null) throw new Error(`virtbs runner has ended: ${this.said}`);
      await sleep(50);
    }
  }
}

t.test(
  'a job that waits is done in a slice, although virtbs is killed meanwhile; nothing is left',
  { skip },
  async (t) => {
    await using server = await ForgeServer.open();
    const directory = t.testdir({ 'stand-in': STAND_IN, 'runner.yaml': configuration(server.url) });
    await writeFile(join(directory, 'token'), TOKEN, { mode: 0o600 });
    t.teardown(() => runVirtbs(directory, 'wipe', '--all', '--yes'));
    const job = server.addJob('build', 'virtbs');
    const first = await Runners.start(t, directory);
    const [, name = ''] = await first.says(/(virtbs-[\da-f]{8}-[\da-f]{8}): made for team\/app build/);
    const login = ['ssh', '-F', join(env['VIRTBS_ROOT'] ?? '/srv/virtbs', 'runners', name, 'sshconf-bs1'), 'plain'];
    const ask = async (line: string) => await run(directory, [...login, line]);
    while ((await ask('cat given')).code !== 0) await sleep(200);
    t.equal((await ask('cat given')).stdout, server.runner(name).secret);
    t.match(await ask('sudo ls /etc/virtbs/runner'), { code: /[^0]/ }, 'its secret is not on the disk any more');
    server.take(name);
    await first.says(/: does a job/);
    const second = await Runners.start(t, directory, '--once');
    t.equal(await second.end(), 1);
    t.match(second.said, /is locked by process \d+: runners of github/);

    await first.end('SIGKILL');
    const next = await Runners.start(t, directory, '--once');
    await next.says(new RegExp(`${name}: taken over from an earlier process`));
    await ask('touch done');
    server.finish(name);
    t.equal(await next.end(), 0, next.said);
    t.equal(job.status, 'completed');
    t.match(next.said, `${name}: gone`);
    t.match(JSON.parse((await runVirtbs(directory, 'ls', '--json')).stdout), { slices: [] });
    for (const secret of [TOKEN, 'c2VjcmV0']) t.notMatch(`${first.said}${next.said}`, secret);

    server.addJob('other', 'virtbs');
    const last = await Runners.start(t, directory);
    await last.says(/is leased for/);
    t.equal(await last.end('SIGTERM'), 0, last.said);
    t.strictSame(server.runners, []);
    t.match(JSON.parse((await runVirtbs(directory, 'ls', '--json')).stdout), { slices: [] });
    t.strictSame((await run(directory, ['ls', join(env['VIRTBS_ROOT'] ?? '/srv/virtbs', 'runners')])).stdout, '');
  },
);
