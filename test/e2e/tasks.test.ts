import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { packageDirectory } from '../../src/package-directory.js';
import { noLab, runVirtbs } from './run-virtbs.js';
import { ssh, withSlice } from './standing-slice.js';

const skip = noLab;

interface Unit {
  readonly task: string;
  readonly vm: string | null;
  readonly outcome: string;
  readonly why: string | null;
}

/** Writes tasks, does them, and says how each ended. */
async function doTasks(
  t: Test,
  directory: string,
  tasks: string,
  ...args: readonly string[]
): Promise<readonly string[]> {
  await writeFile(join(directory, 'tasks.yaml'), `tasks:\n${tasks}\n`);
  const { code, stdout, stderr } = await runVirtbs(directory, '-c', 'tasks.yaml', 'do', '--json', ...args);
  t.equal(code, 0, stderr);
  const { units } = JSON.parse(stdout) as { units: readonly Unit[] };
  return units.map(({ task, vm, outcome }) => `${task} ${vm ?? 'here'} ${outcome}`);
}

async function start(directory: string, tasks: string): Promise<ChildProcess> {
  await writeFile(join(directory, 'tasks.yaml'), `tasks:\n${tasks}\n`);
  const virtbs = join(await packageDirectory(), 'bin', 'virtbs');
  return spawn(process.execPath, [virtbs, '-c', 'tasks.yaml', 'do'], { cwd: directory, stdio: 'ignore' });
}

/** Waits until a command succeeds in a guest, as long as an emulated one may need. */
async function until(directory: string, host: string, command: string): Promise<void> {
  const limit = performance.now() + 60_000;
  while ((await ssh(directory, host, command)).code !== 0) {
    if (performance.now() > limit) throw new Error(`not within 60 s on ${host}: ${command}`);
    await sleep(100);
  }
}

t.test(
  'cycle and with do tasks on the slice that they make, and refuse wrong ones before they touch it',
  { skip },
  async (t) => {
    const directory = t.testdir({
      'tasks.yaml': "tasks: { hello: { on: all, run: 'hostname >/root/hello' } }\n",
      'wrong.yaml': "tasks: { hello: { on: nobody, run: 'true' } }\n",
    });
    try {
      const cycled = await runVirtbs(directory, '-c', 'tasks.yaml', 'cycle', 'roles', 'plain', '--do');
      t.match(cycled, { code: 0, stdout: /1 task done[^]*hello {2}plain-60/ });
      t.equal((await ssh(directory, 'plain-60', 'sudo cat /root/hello')).stdout, 'plain-60');
      const refused = await runVirtbs(directory, '-c', 'wrong.yaml', 'cycle', 'roles', 'plain', '--do');
      t.match(refused, { code: 2, stderr: /wrong.yaml:1:.*no VM with a login has this name or role/ });
      t.match(await runVirtbs(directory, '-c', 'tasks.yaml', 'tasks'), { code: 0, stdout: /hello +plain-60 +done/ });
      t.match(await runVirtbs(directory, 'log', '--task', 'hello'), { code: 0, stdout: '' });
      t.match(await runVirtbs(directory, '-c', 'tasks.yaml', 'tasks', '--graph', 'mermaid'), {
        stdout: /plain-60 · done · /,
      });
    } finally {
      t.equal((await runVirtbs(directory, 'wipe')).code, 0);
    }
    const command = ['--', 'ssh', '-F', 'sshconf-bs4', 'plain-60', 'sudo cat /root/hello'];
    const leased = await runVirtbs(
      directory,
      '-c',
      'tasks.yaml',
      '-s',
      '4',
      'with',
      'roles',
      'plain',
      '--do',
      ...command,
    );
    t.match(leased, { code: 0, stdout: 'plain-60' });
  },
);

t.test('tasks on real VMs: recorded in them, resumed, restored, replaced', { skip }, async (t) => {
  await withSlice(t, ['controller:1', 'worker:1'], async (directory) => {
    const basic = `
  repo: { on: all, run: 'echo repo >>/root/trace' }
  token: { on: controller, wants: [repo], gives: [token], run: 'echo token=$(hostname) >$VIRTBS_GIVES' }
  join: { on: worker, wants: [token], takes: [token], run: 'echo "joined $token" >>/root/trace' }
  play: { on: here, wants: [token], takes: [token], ansible: site.yaml }
  look: { on: here, wants: [join, play], run: 'ssh -F "$VIRTBS_SSH_CONFIG" worker-20 sudo cat /root/trace' }`;
    const playbook = '- hosts: all\n  gather_facts: false\n  tasks: [{ raw: "echo {{ token }} >/tmp/played" }]\n';
    await writeFile(join(directory, 'site.yaml'), playbook);
    await t.test('each runs when what it wants is done, and nothing runs twice', async (t) => {
      t.strictSame(await doTasks(t, directory, basic), [
        'repo controller-02 ran',
        'repo worker-20 ran',
        'token controller-02 ran',
        'join worker-20 ran',
        'play here ran',
        'look here ran',
      ]);
      t.equal(
        (await ssh(directory, 'worker-20', 'cat /tmp/played')).stdout,
        'controller-02',
        'by Ansible, with a value',
      );
      t.ok((await doTasks(t, directory, basic)).every((line) => line.endsWith('skipped')));
      t.equal((await ssh(directory, 'worker-20', 'sudo cat /root/trace')).stdout, 'repo\njoined controller-02');
    });

    await t.test('a snapshot knows what was done when it was made', async (t) => {
      t.equal((await runVirtbs(directory, 'snapshot', 'before')).code, 0);
      const more = `${basic}\n  more: { on: worker, wants: [join], run: 'echo more >>/root/trace' }`;
      t.ok((await doTasks(t, directory, more)).includes('more worker-20 ran'));
      t.equal((await runVirtbs(directory, 'restore', 'before')).code, 0);
      const again = await doTasks(t, directory, more);
      t.strictSame(
        again.filter((line) => line.endsWith('ran')),
        ['more worker-20 ran'],
      );
    });

    await t.test('what runs when virtbs is killed goes on, and is waited for by the next', async (t) => {
      const slow = `${basic}\n  slow: { on: worker, wants: [join], run: 'echo began >>/root/slow; until [ -e /root/go ]; do sleep 0.2; done' }`;
      const killed = await start(directory, slow);
      await until(directory, 'worker-20', 'sudo test -e /root/slow');
      killed.kill('SIGKILL');
      await once(killed, 'exit');
      const next = doTasks(t, directory, slow);
      await ssh(directory, 'worker-20', 'sudo touch /root/go');
      t.match((await next).at(-1), /slow worker-20 (?:ran|skipped)/, 'it may have ended before it was looked for');
      t.equal((await ssh(directory, 'worker-20', 'sudo cat /root/slow')).stdout, 'began', 'it began once');
    });

    await t.test('an interrupt ends what runs in the guests', async (t) => {
      const long = `  long: { on: all, run: 'echo $$ >/root/long; exec sleep 1000' }`;
      const interrupted = await start(directory, long);
      for (const host of ['controller-02', 'worker-20']) await until(directory, host, 'sudo test -s /root/long');
      interrupted.kill('SIGINT');
      const [code] = (await once(interrupted, 'exit')) as [number | null];
      t.equal(code, 130);
      for (const host of ['controller-02', 'worker-20']) {
        t.not((await ssh(directory, host, 'sudo kill -0 $(sudo cat /root/long)')).code, 0, `${host}: it is gone`);
      }
    });

    await t.test('a task that reboots its VM is done when the VM is back', async (t) => {
      const reboot = `
  reboot: { on: worker, reboots: true, run: 'reboot; sleep 1000' }
  after: { on: worker, wants: [reboot], run: 'cut -d. -f1 /proc/uptime >/root/uptime' }`;
      t.strictSame(await doTasks(t, directory, reboot), ['reboot worker-20 ran', 'after worker-20 ran']);
    });

    await t.test('a task whose VM goes down is broken off, and is run again by the next call', async (t) => {
      const crash = `  crash: { on: worker, run: 'if [ -e /root/crashed ]; then exit 0; fi; touch /root/crashed; sync; reboot -f; sleep 1000' }`;
      await writeFile(join(directory, 'tasks.yaml'), `tasks:\n${crash}\n`);
      const first = await runVirtbs(directory, '-c', 'tasks.yaml', 'do');
      t.match(first, { code: 1, stderr: /crash on worker-20: it was broken off/ });
      t.strictSame(await doTasks(t, directory, crash), ['crash worker-20 ran']);
    });

    await t.test('a VM that is replaced runs its tasks again, and no other does', async (t) => {
      t.equal((await runVirtbs(directory, 'replace', 'worker-20')).code, 0);
      t.strictSame(
        (await doTasks(t, directory, basic)).filter((line) => line.endsWith('ran')),
        ['repo worker-20 ran', 'join worker-20 ran'],
      );
    });
  });
});
