import { join } from 'node:path';
import { env } from 'node:process';
import t from 'tap';
import { run, runVirtbs, type Ending } from '../../e2e/run-virtbs.js';
import { listCloud, removeCopies } from './list-cloud.js';
import { guestsBoot, noCloud } from './no-cloud.js';

const root = env['VIRTBS_ROOT'];
const reason =
  noCloud ||
  (guestsBoot ? false : 'servers of this cloud do not boot') ||
  (root ? false : 'needs VIRTBS_ROOT with image mini');

t.test('a slice of its own image, from cycle to wipe', { skip: reason }, async (t) => {
  const directory = t.testdir();
  const settings = ['-E', 'openstack.upload=true'];
  const virtbs = (...args: readonly string[]): Promise<Ending> =>
    runVirtbs(directory, '--driver', 'openstack', '--root', String(root), '-s', '6', ...settings, ...args);
  t.teardown(async () => {
    await virtbs('wipe');
    await removeCopies();
  });
  const before = await listCloud();

  const reachBoth = async (): Promise<void> => {
    for (const [hostname, offset] of [
      ['controller-02', 2],
      ['worker-20', 32],
    ] as const) {
      const command = ['ssh', '-F', join(directory, 'sshconf-bs6'), hostname, 'hostname; ip -o addr'];
      const { code, stdout, stderr } = await run(directory, command);
      t.equal(code, 0, stderr);
      t.match(stdout, new RegExp(`^${hostname}$`, 'm'));
      for (const network of [1, 2]) {
        t.match(stdout, `172.16.${96 + network}.${offset}/24`);
        t.match(stdout, `fd00:aaaa:0:600${network}::${offset.toString(16)}/64`);
      }
    }
  };

  await t.test('strict ssh at floating addresses, every planned address in the guests', async (t) => {
    const built = await virtbs('cycle', 'roles', 'controller:1', 'worker:1');
    t.equal(built.code, 0, built.stderr);
    await reachBoth();
    t.match(await virtbs('log', 'worker'), { code: 0, stdout: /ready/ });
  });

  await t.test('disks are kept at one instant, and the servers boot from them again', async (t) => {
    const both = ['controller-02', 'worker-20'];
    const inGuest = async (hostname: string, command: string): Promise<string> =>
      (await run(directory, ['ssh', '-F', join(directory, 'sshconf-bs6'), hostname, command])).stdout;
    await Promise.all(both.map((hostname) => inGuest(hostname, 'echo before | sudo tee /etc/kept')));
    const kept = await virtbs('snapshot', 'first');
    t.match(kept, { code: 0, stdout: /snapshot first of 2 VMs: disks [1-9]/, stderr: '' });
    t.match(await virtbs('snapshots'), { stdout: /^first .*controller-02, worker-20 +- /m });
    await Promise.all(both.map((hostname) => inGuest(hostname, 'echo after | sudo tee /etc/kept; sync')));
    const restored = await virtbs('restore', 'first');
    t.equal(restored.code, 0, restored.stderr);
    for (const hostname of both) t.equal(await inGuest(hostname, 'cat /etc/kept'), 'before');
    await reachBoth();
    t.match(await virtbs('snapshot', '--delete', 'first'), { code: 0 });
  });

  await t.test('strict ssh through a VM of the slice, one of them booted from a volume', async (t) => {
    const otherwise = ['-E', 'openstack.access=jump', '-E', 'openstack.roles.worker.boot_from_volume=true'];
    const built = await virtbs(...otherwise, 'cycle', 'roles', 'controller:1', 'worker:1');
    t.equal(built.code, 0, built.stderr);
    await reachBoth();
  });

  await t.test('after a wipe every list is as before', async (t) => {
    t.match(await virtbs('wipe'), { code: 0 });
    await removeCopies();
    t.strictSame(await listCloud(), before);
  });
});
