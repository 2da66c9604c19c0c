import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import t from 'tap';
import { noLab, runVirtbs } from './run-virtbs.js';
import { ssh } from './standing-slice.js';

const skip = noLab;
env['VIRTBS_CHECKPOINT'] = 'yes';

/** What a person has: four tasks, each of which leaves a line; the values that they give and take are in the lines. */
const FILES = {
  'cluster.yaml': `
secrets: { word: { length: 24 } }
tasks:
  repo: { on: all, script: repo.sh, sees: [word] }
  primary: { on: plain, wants: [repo], script: primary.sh, gives: [token], peers: plan, checkpoint: after }
  standby: { on: plain, wants: [primary], takes: [token], script: standby.sh, on_restore: awake.sh }
  look: { on: here, wants: [standby], script: look.sh }
`,
  'repo.sh': 'echo repo >>/root/trace\n',
  'primary.sh': 'echo primary >>/root/trace; echo token=one >"$VIRTBS_GIVES"\n',
  'standby.sh': 'echo "standby $token" >>/root/trace\n',
  'look.sh':
    'ssh -F "$VIRTBS_SSH_CONFIG" plain-60 sudo cat /root/trace\nls /srv/virtbs/slices/1/memory >"$VIRTBS_OUTPUT_DIR/memory"\n',
  'awake.sh': 'echo "awake $token $(($(date +%s) / 1000))" >>/root/awake\n',
} as const;

const MEMORY = '/srv/virtbs/slices/1/memory';

interface Cycled {
  readonly checkpoint: string | null;
  readonly tasks: readonly { readonly task: string; readonly outcome: string; readonly why: string | null }[];
  readonly stderr: string;
}

t.test(
  'a cycle with tasks goes on from the checkpoint with most of the work that is still right',
  { skip },
  async (t) => {
    const directory = t.testdir(FILES);
    const cycle = async (...args: readonly string[]): Promise<Cycled> => {
      const words = ['-c', 'cluster.yaml', 'cycle', 'roles', 'plain', ...args, '--json'];
      const { code, stdout, stderr } = await runVirtbs(directory, ...words);
      t.equal(code, 0, stderr);
      return { ...(JSON.parse(stdout) as Omit<Cycled, 'stderr'>), stderr };
    };
    const ran = ({ tasks }: Cycled): readonly string[] =>
      tasks.filter(({ outcome }) => outcome === 'ran').map(({ task }) => task);
    const reasons = ({ tasks }: Cycled): readonly (string | null)[] => tasks.map(({ why }) => why);
    /** Returns the files that VMs had as their memory while the last task ran. */
    const memory = async (): Promise<string> => (await readFile(join(directory, 'memory'), 'utf8')).trim();
    const left = async (): Promise<string> => (await ssh(directory, 'plain-60', 'sudo cat /root/trace')).stdout;
    try {
      const first = await cycle('--do');
      t.match([first.checkpoint, ran(first)], ['kept', ['repo', 'primary', 'standby', 'look']], first.stderr);
      t.ok(reasons(first).every((why) => why === 'it was not run yet'), JSON.stringify(first.tasks)); // prettier-ignore
      t.match(
        await memory(),
        /^libvirt-[\da-f-]{36}\.ram$/,
        'what is kept again later runs on a file of its own, which needs no stream',
      );
      t.strictSame(await readdir(MEMORY), [], 'what is kept no more does not');
      t.equal((await ssh(directory, 'plain-60', 'sudo ls /root/awake')).code === 0, false, 'nothing came back yet');

      const again = await cycle('--do');
      t.match([again.checkpoint, ran(again)], ['restored', []], again.stderr);
      t.match(again.stderr, /checkpoint of \d\d:\d\d holds repo, primary, standby and look; used/);
      t.equal(await left(), 'repo\nprimary\nstandby one');
      const awake = (await ssh(directory, 'plain-60', 'sudo cat /root/awake')).stdout;
      t.match(awake, /^awake one \d+$/, 'on_restore ran once, with its values');
      t.ok(Math.abs(Number(awake.split(' ')[2]) - Date.now() / 1_000_000) < 2, 'after the clock was set');
      const known = await runVirtbs(directory, '-c', 'cluster.yaml', 'tasks', '--json');
      const { units } = JSON.parse(known.stdout) as { units: Cycled['tasks'] };
      t.ok(
        units.every(({ outcome }) => outcome === 'skipped'),
        'the VMs know that all is done',
      );

      await writeFile(join(directory, 'standby.sh'), 'echo "late $token" >>/root/trace\n');
      const foreseen = await cycle('--do', '--dry-run');
      const last = await cycle('--do');
      t.strictSame(reasons(last), reasons(foreseen), 'the reasons are those that were foreseen');
      t.equal(reasons(last)[2], 'script standby.sh changed');
      t.match([last.checkpoint, ran(last)], ['restored', ['standby', 'look']], last.stderr);
      t.match(last.stderr, /holds repo, primary, standby and look; not used: standby: script standby.sh changed/);
      t.match(last.stderr, /holds repo and primary; used/);
      t.equal(await left(), 'repo\nprimary\nlate one', 'nothing of the script of before');
      t.match(await memory(), /^libvirt-[\da-f-]{36}\.ram$/, 'nor does what comes back to be kept again need a stream');

      const fewer = await cycle('--do', 'primary');
      t.match([fewer.checkpoint, ran(fewer)], ['restored', []], fewer.stderr);
      t.equal(await left(), 'repo\nprimary', 'what is not asked for is not there');

      await writeFile(join(directory, 'primary.sh'), 'echo primary >>/root/trace; echo token=two >"$VIRTBS_GIVES"\n');
      const value = await cycle('--do');
      t.match([value.checkpoint, ran(value)], ['restored', ['repo', 'primary', 'standby', 'look']], value.stderr);
      t.equal(await left(), 'repo\nprimary\nlate two');

      const plain = await cycle();
      t.match([plain.checkpoint, plain.tasks], ['restored', undefined], plain.stderr);
      t.equal(await left(), '', 'a slice without tasks has nothing of them');

      const words = ['-s', '1', '-c', 'cluster.yaml', 'with', 'roles', 'plain', '--do'];
      const leased = await runVirtbs(
        directory,
        ...words,
        '--',
        'ssh',
        '-F',
        'sshconf-bs1',
        'plain-60',
        'sudo cat /root/trace',
      );
      t.match(leased, { code: 0, stdout: 'repo\nprimary\nlate two', stderr: /standby and look; used/ });
      const list = await runVirtbs(directory, 'checkpoint', 'ls');
      t.match(list.stdout, /TASKS[^]*repo and primary/);
    } finally {
      t.equal((await runVirtbs(directory, 'wipe')).code, 0);
      t.equal((await runVirtbs(directory, 'checkpoint', 'rm', '--all')).code, 0);
    }
  },
);
