import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { noLab, run, runVirtbs } from './run-virtbs.js';
import { ssh, withSlice } from './standing-slice.js';

/** Says on the VM that it began, and waits until somebody lets it go on. */
const TASKS = `
tasks:
  slow: { on: plain, run: 'echo began >>/root/slow; until [ -e /root/go ]; do sleep 0.2; done' }
  after: { on: plain, wants: [slow], run: 'echo after >>/root/slow' }
`;

const DO = ['-c', 'tasks.yaml', 'do'];
const KILL_DAEMON = 'p=$(cat /run/libvirtd.pid); kill -9 $p; timeout 30 tail --pid=$p -f /dev/null';
const START_DAEMON = 'libvirtd -d; timeout 60 sh -c "until virsh -q uri >/dev/null 2>&1; do sleep 0.05; done"';

interface Running {
  readonly child: ChildProcess;
  /** The exit code, or the signal, once it is over. */
  readonly end: Promise<unknown>;
}

async function start(directory: string): Promise<Running> {
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  const child = spawn(process.execPath, [virtbs, ...DO], { cwd: directory, stdio: 'ignore' });
  return { child, end: once(child, 'exit').then(([code, signal]) => (code ?? signal) as unknown) };
}

/** Waits until a command succeeds in the guest, as long as an emulated one may need. */
async function until(directory: string, command: string): Promise<void> {
  const limit = performance.now() + 60_000;
  while ((await ssh(directory, 'plain-60', command)).code !== 0) {
    if (performance.now() > limit) throw new Error(`not within 60 s: ${command}`);
    await sleep(100);
  }
}

t.test(
  'whatever happens while tasks run on a real VM, the next call finishes, and nothing runs twice',
  { skip: noLab },
  async (t) => {
    await withSlice(t, ['plain:1'], async (directory) => {
      await writeFile(join(directory, 'tasks.yaml'), TASKS);
      const began = async (): Promise<Running> => {
        await runVirtbs(directory, ...DO.slice(0, 2), 'do', '--forget');
        await ssh(directory, 'plain-60', 'sudo rm -f /root/slow /root/go');
        const running = await start(directory);
        await until(directory, 'sudo test -s /root/slow');
        return running;
      };
      const letGo = (): Promise<unknown> => ssh(directory, 'plain-60', 'sudo touch /root/go');
      const left = async (): Promise<string> => (await ssh(directory, 'plain-60', 'sudo cat /root/slow')).stdout;

      await t.test('libvirtd is killed, and started again later: tasks need it no more', async (t) => {
        const { end } = await began();
        t.equal((await run('/', ['sh', '-c', KILL_DAEMON])).code, 0);
        await letGo();
        t.equal(await end, 0);
        t.equal(await left(), 'began\nafter');
        t.equal((await run('/', ['sh', '-c', START_DAEMON])).code, 0);
      });

      await t.test('two at once: one waits for the other, and finds all done', async (t) => {
        const first = await began();
        const second = await start(directory);
        await letGo();
        t.strictSame(await Promise.all([first.end, second.end]), [0, 0]);
        t.equal(await left(), 'began\nafter');
      });

      await t.test('Ctrl-C twice ends it at once, and the next call finishes', async (t) => {
        const { child, end } = await began();
        child.kill('SIGINT');
        child.kill('SIGINT');
        t.equal(await end, 130);
        await letGo();
        t.match(await runVirtbs(directory, ...DO), { code: 0 });
        t.match(await left(), /^(?:began\n){1,2}after$/, 'what was ended may have begun anew');
      });

      await t.test('the emulator is killed: the VM is named, and its tasks run when it is back', async (t) => {
        const { end } = await began();
        t.equal((await run('/', ['sh', '-c', 'kill -9 $(cat /run/libvirt/qemu/bs1-plain-60.pid)'])).code, 0);
        t.equal(await end, 1);
        const refused = await runVirtbs(directory, ...DO);
        t.match(refused, { code: 1, stderr: /plain-60: the VM is off/ });
        t.equal((await runVirtbs(directory, 'start')).code, 0);
        await letGo();
        t.match(await runVirtbs(directory, ...DO), { code: 0 });
        t.match(await left(), /after$/);
      });

      await t.test('the VM is paused: that is said, and its tasks run when it goes on', async (t) => {
        const { end } = await began();
        t.equal((await run('/', ['virsh', 'suspend', 'bs1-plain-60'])).code, 0);
        t.equal(await end, 1);
        const refused = await runVirtbs(directory, ...DO);
        t.match(refused, { code: 1, stderr: /plain-60: the VM is paused: `virtbs start` lets it go on/ });
        t.equal((await runVirtbs(directory, 'start')).code, 0);
        await letGo();
        t.match(await runVirtbs(directory, ...DO), { code: 0 });
        t.match(await left(), /after$/);
      });
    });
  },
);
