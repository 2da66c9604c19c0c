import { join } from 'node:path';
import t from 'tap';
import { buildId, openLibraryBench } from '../image/library-bench.js';
import { planWithLayers } from '../plan/plan-of.js';
import { runLine } from './run-line.js';

t.test('every command of the library has a result for people and one for programs', async (t) => {
  const { root, add } = openLibraryBench(t);
  await add({ slot: 'base', id: 'a1', tags: ['default'] });
  await add({ slot: 'base', id: 'a2', days: 20 });
  await add({ slot: 'base', id: 'a3', days: 3 });
  const virtbs = async (...args: readonly string[]) => await runLine(['--root', root, ...args]);
  const json = async (...args: readonly string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await virtbs(...args, '--json');
    t.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };

  t.match(await virtbs('image', 'ls'), { code: 0, stdout: /^SLOT .*\nbase +a2.*\nbase +a3.*\nbase +a1/, stderr: '' });
  t.match(await json('image', 'ls', 'base'), { version: 1, builds: [{}, {}, { slot: 'base', tags: ['default'] }] });
  t.match(await json('image', 'show', `base/${buildId('a2')}`), { builds: [{ build: buildId('a2') }] });
  t.match(await virtbs('image', 'show', 'base'), { stdout: /^SLOT .*\nbase +a1[^\n]*$/ });
  t.match(await virtbs('image', 'show', 'bsae'), { code: 1, stderr: /did you mean "base"/ });
  t.match(await virtbs('tag', 'base', 'passed'), { stdout: `base:passed is base/${buildId('a1')}` });
  t.match(await json('tag', 'base', 'good'), { version: 1, tags: [{ slot: 'base', tag: 'good', previous: null }] });
  t.match(await json('untag', 'base', 'good'), { version: 1, tags: [{ tag: 'good', build: buildId('a1') }] });
  t.match(await virtbs('untag', 'base', 'good'), { code: 0, stdout: 'base:good was not there' });
  t.match(await virtbs('image', 'gc', '--dry-run'), {
    stdout: /^would remove base\/a2.*\nwould free .*\n1 unused thing is kept for now \(.*\); --older 0 removes all$/,
  });
  t.match(await json('image', 'gc', '--older', '14d'), { version: 1, builds: [{ build: buildId('a2') }] });
  t.match(await virtbs('image', 'gc', '--older', '0'), { stdout: /^removed base\/a3.*\nfreed / });
  t.match(await virtbs('image', 'gc'), { stdout: 'nothing to remove' });
  t.match(await virtbs('image', 'rm', 'base'), { code: 1, stdout: '', stderr: /tag passed points to it\nhint: / });
  const exported = join(root, 'out.qcow2');
  t.match(await json('image', 'export', 'base', exported), { version: 1, slot: 'base', files: [exported] });
  t.match(await virtbs('image', 'import', exported, 'other'), {
    code: 0,
    stdout: /^other\/[0-9a-f]{16} \(1 MiB\) is other:default$/,
    stderr: /hint: no configuration has slot "other" yet[^]*\nimage_flow:\n {2}other: \{ image_import: \{\} \}$/,
  });
  t.match(await json('image', 'rm', 'other'), { version: 1, builds: [{ slot: 'other' }], tags: [{ tag: 'default' }] });
  t.match(await virtbs('-q', 'image', 'rm', 'base:passed', 'base'), { code: 0, stdout: '', stderr: '' });
  t.match(await virtbs('image', 'ls'), { stdout: 'no images' });
});

t.test('layer "passed" asks for the tag on every root disk, whatever image is below it', async (t) => {
  for (const [layers, slot] of [
    [['roles', 'passed'], 'mini'],
    [['roles', 'debian', 'passed'], 'debian'],
    [['roles', 'passed', 'debian'], 'debian'],
  ] as const) {
    const { vms } = await planWithLayers(layers, 'controller', 'worker', 'plain', 'disk');
    for (const { disks } of vms) {
      t.match(disks[0], { name: 'root', slot, tag: 'passed' });
      t.ok(disks.slice(1).every((disk) => disk.slot === null));
    }
  }
});

t.test('a driver without the disks of VMs refuses to commit one before it is opened', async (t) => {
  const root = t.testdir();
  const line = ['--root', root, '--driver', 'openstack', 'image', 'commit', 'plain-60', 'mine'];
  t.match(await runLine(line), {
    code: 1,
    stderr: /^error: no image can be made of a VM's disk: the disks of its VMs are in a cloud\nhint: /,
  });
});
