import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { takeInventory } from './host-inventory.js';
import { noLab } from './run-virtbs.js';

/** Words of the verbose output at which the end comes: in the middle of the build, and while the command runs. */
const POINTS = ['plain-60: started', 'the command runs'];

const WITH = 'with roles plain:1 -- sh -c "echo the command runs >&2; exec sleep 1000"';

/**
 * Runs `with` below a shell until it says the words, then lets something happen; resolves with all that was said when nobody holds our
 * pipe any more, which is when virtbs has ended.
 */
async function withUntil(directory: string, words: string, happen: (shell: number, virtbs: number) => void) {
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  const line = `${process.execPath} ${virtbs} -v ${WITH} & echo "pid $!" >&2; wait $!; echo "exit $?" >&2`;
  const shell = spawn('bash', ['-c', line], { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(shell, 'close');
  const said: string[] = [];
  for await (const each of createInterface({ input: shell.stderr })) {
    said.push(each);
    const pid = Number(said.find((one) => one.startsWith('pid '))?.slice('pid '.length));
    if (each === words) happen(shell.pid ?? 0, pid);
  }
  await closed;
  return said.join('\n');
}

t.test(
  'with wipes its slice when its terminal hangs up, or when its parent process ends',
  { skip: noLab },
  async (t) => {
    const directory = t.testdir();
    const before = await takeInventory(directory);
    for (const words of POINTS) {
      for (const name of ['SIGHUP', 'SIGTERM'] as const) {
        const said = await withUntil(directory, words, (_shell, pid) => process.kill(pid, name));
        const code = words === POINTS[0] ? 130 : name === 'SIGHUP' ? 129 : 143;
        t.match(said, new RegExp(`slice \\d+ is wiped[^]*exit ${code}$`), `${name} at "${words}"`);
        t.strictSame(await takeInventory(directory), before);
      }
      const said = await withUntil(directory, words, (shell) => process.kill(shell, 'SIGKILL'));
      t.match(said, /slice \d+ is wiped/, `the parent ends at "${words}"`);
      t.strictSame(await takeInventory(directory), before);
    }
  },
);
