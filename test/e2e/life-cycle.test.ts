import { rename } from 'node:fs/promises';
import t from 'tap';
import { noLab, run, runVirtbs } from './run-virtbs.js';
import { bootId, changes, powers, ssh, withSlice } from './standing-slice.js';

const skip = noLab;

/** Ends what hears the power button in a `mini`, which begins some time after the first login. */
const DEAFEN =
  'for i in $(seq 300); do if sudo killall acpid 2>/dev/null; then while pidof acpid; do sleep 0.1; done; exit 0; fi; sleep 0.1; done; exit 1';

t.test('a role is stopped by its guests and started again; the others go on', { skip }, async (t) => {
  await withSlice(t, ['plain:1', 'worker:2'], async (directory) => {
    const before = await bootId(directory, 'plain-60');
    await ssh(directory, 'worker-20', 'touch /home/stack/mark; sync');
    t.strictSame(await changes(t, directory, 'stop', 'worker'), { 'worker-20': 'stopped', 'worker-21': 'stopped' });
    t.strictSame(await powers(directory), { 'worker-20': 'off', 'worker-21': 'off', 'plain-60': 'running' });
    t.strictSame(await changes(t, directory, 'stop', 'worker-20'), { 'worker-20': 'off' }, 'once more is done at once');

    t.strictSame(await changes(t, directory, 'start'), {
      'worker-20': 'started',
      'worker-21': 'started',
      'plain-60': 'running',
    });
    t.equal((await ssh(directory, 'worker-20', 'ls /home/stack')).stdout, 'mark', 'the disk is the same');
    t.equal(await bootId(directory, 'plain-60'), before);
    t.strictSame(await changes(t, directory, 'start', 'worker-20'), { 'worker-20': 'running' });

    await run(directory, ['virsh', '-q', 'suspend', 'bs1-worker-20']);
    t.strictSame(await changes(t, directory, 'start', 'worker-20'), { 'worker-20': 'resumed' });
    await run(directory, ['virsh', '-q', 'suspend', 'bs1-worker-20']);
    t.strictSame(
      await changes(t, directory, 'stop', 'worker-20'),
      { 'worker-20': 'power-cut' },
      'a paused guest hears nothing',
    );
    t.strictSame(await changes(t, directory, 'stop', '--force', 'bs1-worker-21'), { 'worker-21': 'power-cut' });
  });
});

t.test('a reboot ends with a login in a new boot; a guest that does not listen is reset', { skip }, async (t) => {
  await withSlice(t, ['plain:2'], async (directory) => {
    const before = await Promise.all(['plain-60', 'plain-61'].map((host) => bootId(directory, host)));
    t.strictSame(await changes(t, directory, 'reboot'), { 'plain-60': 'rebooted', 'plain-61': 'rebooted' });
    const after = await Promise.all(['plain-60', 'plain-61'].map((host) => bootId(directory, host)));
    t.equal(new Set([...before, ...after]).size, 4, 'both have booted anew');

    t.strictSame(await changes(t, directory, 'reboot', '--force', 'plain-61'), { 'plain-61': 'reset' });
    t.not(await bootId(directory, 'plain-61'), after[1]);
    t.equal(await bootId(directory, 'plain-60'), after[0]);

    t.equal((await ssh(directory, 'plain-60', DEAFEN)).code, 0, 'nothing hears the power button any more');
    const deaf = await runVirtbs(directory, 'reboot', 'plain-60', '--timeout', '3');
    t.match(deaf, { code: 0, stdout: /plain-60 +reset/, stderr: /plain-60 has not gone down within 3 s: it is reset/ });
    t.not(await bootId(directory, 'plain-60'), after[0]);

    t.equal((await ssh(directory, 'plain-60', DEAFEN)).code, 0, 'nothing hears the power button any more');
    const stopped = await runVirtbs(directory, 'stop', 'plain-60', '--timeout', '2');
    t.match(stopped, { code: 0, stdout: /plain-60 +stopped: power cut/, stderr: /within 2 s: its power is cut/ });
    t.strictSame(await changes(t, directory, 'reboot', 'plain-60'), { 'plain-60': 'started' });
  });
});

t.test('one VM that fails is named, and the others are started all the same', { skip }, async (t) => {
  await withSlice(t, ['plain:2'], async (directory) => {
    t.equal((await runVirtbs(directory, 'stop', '--force')).code, 0);
    const disk = '/srv/virtbs/slices/1/disks/plain-61-root.qcow2';
    await rename(disk, `${disk}.away`);
    const failed = await runVirtbs(directory, 'start', '--no-wait');
    t.match(failed, { code: 1, stdout: '', stderr: /slice 1: 1 of 2 VMs failed\n {2}plain-61 .*plain-61-root\.qcow2/ });
    t.strictSame(await powers(directory), { 'plain-60': 'running', 'plain-61': 'off' });
    await rename(`${disk}.away`, disk);
    t.strictSame(await changes(t, directory, 'start', '--no-wait'), { 'plain-60': 'running', 'plain-61': 'started' });
  });
});

t.test('words that mean no VM are refused before anything is done', { skip }, async (t) => {
  await withSlice(t, ['plain:1', '--no-wait'], async (directory) => {
    for (const verb of ['start', 'stop', 'reboot']) {
      const ending = await runVirtbs(directory, verb, 'plain', 'plian-60');
      t.match(ending, { code: 2, stderr: /unknown VM or role "plian-60", did you mean "plain-60"\?/ }, verb);
    }
    t.strictSame(await powers(directory), { 'plain-60': 'running' });
  });
  t.match(await runVirtbs(t.testdir(), 'stop'), { code: 1, stderr: /slice 1 has no VMs/ });
});
