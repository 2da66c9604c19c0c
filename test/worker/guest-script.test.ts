import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { END_LINE, GUEST_FOLDER, guestScript, START_FILE } from '../../src/worker/runner/guest-script.js';

/** A folder as the guest's home, with a `sudo` that says what it is for, as where it needs no password. */
async function openGuest(t: Test, start: string) {
  const home = t.testdir({ start, bin: {} });
  await writeFile(join(home, 'bin/sudo'), '#!/bin/sh\nshift\nexec "$@"\n');
  await chmod(join(home, 'bin/sudo'), 0o755);
  // The file of the guest is one of its home here.
  const script = guestScript().replaceAll(START_FILE, '"$HOME"/start');
  const connect = (): Connection => new Connection(home, script);
  return { home, folder: join(home, GUEST_FOLDER), connect };
}

class Connection {
  readonly #child;
  readonly lines: Promise<readonly string[]>;

  constructor(home: string, script: string) {
    const PATH = `${join(home, 'bin')}:${env['PATH']}`;
    this.#child = spawn('sh', { env: { HOME: home, PATH }, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdin.end(script);
    this.lines = this.#read();
  }

  /** As where a connection breaks: the shell that sshd started ends, and what it started has no reader any more. */
  async break(): Promise<void> {
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  async #read(): Promise<readonly string[]> {
    let text = '';
    for await (const chunk of this.#child.stdout) text += String(chunk);
    return text.trimEnd().split('\n');
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(20);
}

// Each of them waits for a second or two.
t.jobs = 4;

t.test('the runner is run once, as the user, with its secret nowhere on the disk', async (t) => {
  const guest = await openGuest(
    t,
    'SECRET=abc; export SECRET\ncp -r "$0" . 2>/dev/null; echo "$SECRET" >seen; umask >mask\n',
  );
  t.strictSame(await guest.connect().lines, ['virtbs-runner: 0']);
  t.equal(await readFile(join(guest.home, 'seen'), 'utf8'), 'abc\n');
  t.match(await readFile(join(guest.home, 'mask'), 'utf8'), /022/);
  for (const name of ['start', `${GUEST_FOLDER}/start`, `${GUEST_FOLDER}/run`, 'run']) {
    t.notOk(existsSync(join(guest.home, name)), name);
  }
  await writeFile(join(guest.home, 'start'), 'echo again >seen\n');
  t.strictSame(await guest.connect().lines, ['virtbs-runner: 0'], 'it can be asked again how it ended');
  t.equal(await readFile(join(guest.home, 'seen'), 'utf8'), 'abc\n', 'and is not run again');
});

t.test('a runner that fails shows its last lines', async (t) => {
  const guest = await openGuest(
    t,
    'i=0; while [ $i -lt 30 ]; do i=$((i + 1)); echo "line $i"; done; echo bad >&2; exit 7\n',
  );
  const lines = await guest.connect().lines;
  t.strictSame([lines.length, lines[0], ...lines.slice(-2)], [21, 'line 12', 'bad', 'virtbs-runner: 7']);
  t.equal(END_LINE.exec(lines.at(-1) ?? '')?.[1], '7');
});

t.test('the runner goes on where the connection breaks, and one that is killed is told', async (t) => {
  const guest = await openGuest(t, 'echo $$ >me; until [ -e finish ]; do sleep 0.05; done\n');
  const first = guest.connect();
  await until(() => existsSync(join(guest.folder, 'pid')) && existsSync(join(guest.home, 'me')));
  await first.break();
  const second = guest.connect();
  await writeFile(join(guest.home, 'finish'), '');
  t.strictSame(await second.lines, ['virtbs-runner: 0']);

  const other = await openGuest(t, 'exec sleep 600\n');
  const connection = other.connect();
  await until(() => existsSync(join(other.folder, 'pid')));
  // All of it goes, as where the guest is rebooted.
  const pid = Number(await readFile(join(other.folder, 'pid'), 'utf8'));
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  process.kill(pid, 'SIGKILL');
  for (const child of children.trim().split(' ').filter(Boolean)) process.kill(Number(child), 'SIGKILL');
  t.strictSame(await connection.lines, ['virtbs-runner:']);
  t.equal(END_LINE.exec('virtbs-runner:')?.[1], undefined);
});

t.test('a guest without the file says so', async (t) => {
  const home = t.testdir({});
  await mkdir(join(home, 'bin'));
  const lines = await new Connection(home, guestScript().replaceAll(START_FILE, '"$HOME"/none')).lines;
  t.match(lines.join('\n'), /none[^]*virtbs-runner:/);
});
