import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { outputPaths, slicePaths } from '../../src/filenames.js';
import { noLab, run, runVirtbs } from './run-virtbs.js';
import { ssh, withSlice } from './standing-slice.js';

const skip = noLab;

interface Done {
  readonly units: readonly { readonly task: string; readonly vm: string | null; readonly outcome: string }[];
}

/** Does all tasks of hosts.yaml, and says how each ended. */
async function doAll(t: Test, directory: string): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runVirtbs(directory, '-c', 'hosts.yaml', 'do', '--json');
  t.equal(code, 0, stderr);
  const { units } = JSON.parse(stdout) as Done;
  return units.map(({ task, vm, outcome }) => `${task} ${vm ?? 'here'} ${outcome}`);
}

t.test('tasks run on machines that virtbs did not make, and on this one', { skip }, async (t) => {
  await withSlice(t, ['controller:1', 'worker:1'], async (directory) => {
    // They are VMs of slice 1, but for slice 9 they are servers of somebody's, in his own ssh configuration or with his key.
    const { sshConfig } = outputPaths(directory, 1);
    const { privateKey } = slicePaths('/srv/virtbs', 1);
    const { stdout: known } = await run(directory, ['ssh', '-G', '-F', sshConfig, 'controller-02']);
    const address = /^hostname (.*)$/m.exec(known)?.[1] ?? '';
    const records = '/var/lib/virtbs';
    t.teardown(async () => await rm(join(records, 'tasks-bs9-me'), { recursive: true, force: true }));
    const configure = async (more = ''): Promise<void> =>
      await writeFile(
        join(directory, 'hosts.yaml'),
        `driver: hosts
slice: 9
hosts:
  machines:
    front: { address: 'stack@${address}', role: web, labels: { ZONE: a }, identity_file: ${privateKey} }
    back: { address: worker-20, role: database, ssh_config: ${sshConfig} }
    me: { local: true, role: builder }
tasks:
  who: { on: all, gives: [], run: 'id -un; hostname' }
  token: { on: database, wants: [who], gives: [token], run: 'echo token=$(hostname) >$VIRTBS_GIVES' }
  join: { on: { ZONE: a }, wants: [token], takes: [token], run: 'echo "$token" >/root/joined' }
  build: { on: builder, wants: [token], takes: [token], run: 'echo "built with $token as $(id -un)"' }
  play: { on: here, wants: [join], ansible: site.yaml }
${more}`,
      );
    await writeFile(
      join(directory, 'site.yaml'),
      '- hosts: all\n  gather_facts: false\n  tasks: [{ raw: "echo {{ inventory_hostname }}" }]\n',
    );
    await configure();

    await t.test('each is checked, and does its tasks once', async (t) => {
      t.match(await runVirtbs(directory, '-c', 'hosts.yaml', 'host', 'check'), {
        code: 0,
        stdout: /front accepts a login[^]*back accepts a login[^]*me accepts a login/,
      });
      const names = ['who front', 'who back', 'who me', 'token back', 'join front', 'build me', 'play here'];
      t.strictSame(
        await doAll(t, directory),
        names.map((name) => `${name} ran`),
      );
      t.strictSame(
        await doAll(t, directory),
        names.map((name) => `${name} skipped`),
      );
      t.equal((await ssh(directory, 'controller-02', 'sudo cat /root/joined')).stdout, 'worker-20');
      t.match(await runVirtbs(directory, '-c', 'hosts.yaml', 'log', '--task', 'build'), {
        stdout: 'built with worker-20 as root',
      });
      t.match(await runVirtbs(directory, '-c', 'hosts.yaml', 'log', '--task', 'play'), {
        stdout: /front[^]*ok=1[^]*me[^]*ok=1/,
      });
    });

    await t.test('status, run and ssh reach them', async (t) => {
      const { stdout } = await runVirtbs(directory, '-c', 'hosts.yaml', 'status', '--json');
      const { vms } = JSON.parse(stdout) as { vms: { hostname: string; ssh: string }[] };
      t.strictSame(
        vms.map((vm) => `${vm.hostname} ${vm.ssh}`),
        ['front ready', 'back ready', 'me ready'],
      );
      const ran = await runVirtbs(directory, '-c', 'hosts.yaml', 'run', '-r', 'web', '-r', 'back', '--', 'hostname');
      t.strictSame(ran.stdout.split('\n').sort(), ['back  | worker-20', 'front | controller-02']);
      t.match(await runVirtbs(directory, '-c', 'hosts.yaml', 'ssh', 'database', '--', 'hostname'), {
        code: 0,
        stdout: 'worker-20',
      });
    });

    await t.test('a task that fails is told, and the next call goes on', async (t) => {
      await configure("  last: { on: web, wants: [join], run: 'test -e /root/ready' }\n");
      const failed = await runVirtbs(directory, '-c', 'hosts.yaml', 'do');
      t.match(failed, { code: 1, stderr: /last on front: exit code 1/ });
      await ssh(directory, 'controller-02', 'sudo touch /root/ready');
      t.strictSame(
        (await doAll(t, directory)).filter((line) => line.endsWith('ran')),
        ['last front ran'],
      );
    });

    await t.test('nothing but tasks has touched them', async (t) => {
      t.match(await runVirtbs(directory, '-c', 'hosts.yaml', 'wipe'), { code: 1, stderr: /code: driver-unable/ });
      const found = await ssh(directory, 'worker-20', `sudo ls ${records}; hostname`);
      t.strictSame(found.stdout.split('\n'), ['tasks-bs9-back', 'worker-20']);
      t.strictSame(
        (await readdir(records)).filter((name) => name.includes('bs9')),
        ['tasks-bs9-me'],
      );
    });
  });
});
