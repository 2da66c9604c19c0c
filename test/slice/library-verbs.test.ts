import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createMemoryWorld, openMemoryDriver } from '../../src/driver/memory/memory-driver.js';
import type { Driver, VmState } from '../../src/driver/types.js';
import { diskPath, slicePaths } from '../../src/filenames.js';
import { readBackingChain } from '../../src/image/read-backing-chain.js';
import { readBuild } from '../../src/image/read-build.js';
import { listTags, readTag } from '../../src/image/tags.js';
import { runProgram } from '../../src/process/run-program.js';
import { commitVm, type CommitOptions } from '../../src/slice/commit-vm.js';
import { tagActive } from '../../src/slice/tag-active.js';
import { buildId, createOverlay, openLibraryBench, type LibraryBench } from '../image/library-bench.js';
import { virtbsFailure } from '../image/virtbs-failure.js';

/** VMs of slice 1 as a hypervisor would tell of them. */
function driverWith({ root }: LibraryBench, vms: readonly Partial<VmState>[]): Driver {
  const world = createMemoryWorld();
  for (const vm of vms) {
    const domain = `bs1-${vm.hostname}`;
    const state = { role: 'x', offset: 2, power: 'off', domain, image: null, ...vm } as VmState;
    world.domains.set(domain, {
      name: domain,
      uuid: domain,
      ours: { slice: 1, root, created: '', session: '', expires: null, state },
    });
  }
  return openMemoryDriver(world, root);
}

async function tag(bench: LibraryBench, driver: Driver, ...tags: readonly string[]) {
  return await tagActive({ slice: 1, driver, root: bench.root, tags, lockTimeout: 0 }, bench.context);
}

t.test('tagactive marks the builds of all disks of all VMs, and of nothing that is gone', async (t) => {
  const bench = openLibraryBench(t);
  const { root, add, addDisk, diskOf } = bench;
  for (const [slot, id] of [
    ['base', 'a1'],
    ['tools', 'b1'],
    ['data', 'd1'],
    ['other', 'e1'],
  ] as const) {
    await add({ slot, id, tags: ['default'], ...(slot === 'tools' && { base: { slot: 'base', id: 'a1' } }) });
  }
  await addDisk(1, 'controller-02', diskOf({ slot: 'tools', id: 'b1' }));
  await createOverlay(diskPath(slicePaths(root, 1), 'controller-02', 'more'), diskOf({ slot: 'data', id: 'd1' }));
  await addDisk(1, 'gone-09', diskOf({ slot: 'other', id: 'e1' }));
  await addDisk(2, 'controller-02', diskOf({ slot: 'other', id: 'e1' }));
  const driver = driverWith(bench, [{ hostname: 'controller-02', image: `tools/${buildId('b1')}` }]);
  t.match(await tag(bench, driver, 'passed'), [
    { slot: 'data', tag: 'passed', build: buildId('d1'), previous: null },
    { slot: 'tools', tag: 'passed', build: buildId('b1'), previous: null },
  ]);
  t.equal(await readTag(root, 'base', 'passed'), undefined);
  t.equal(await readTag(root, 'other', 'passed'), undefined);
});

t.test('tagactive says why there is nothing to tag, or too much', async (t) => {
  const bench = openLibraryBench(t);
  const { root, add } = bench;
  for (const id of ['a1', 'a2']) await add({ slot: 'base', id });
  t.match(await virtbsFailure(tag(bench, driverWith(bench, []), 'passed')), {
    code: 'image-unknown',
    message: 'slice 1 has no VM that runs on an image',
  });
  const vms = ['a1', 'a2'].map((id) => ({ hostname: id, image: `base/${buildId(id)}` }));
  t.match(await virtbsFailure(tag(bench, driverWith(bench, vms), 'passed')), {
    message: /slice 1 runs on several builds of base: a1a1a1a1a1a1a1a1, a2/,
  });
  t.match(await virtbsFailure(tag(bench, driverWith(bench, vms), 'default')), { code: 'usage' });
  const removed = driverWith(bench, [{ hostname: 'x-02', image: `base/${buildId('a3')}` }]);
  t.match(await virtbsFailure(tag(bench, removed, 'passed')), { message: /image base has no build "a3/ });
  t.strictSame(await listTags(root, 'base'), []);
});

async function openCommit(t: Test) {
  const bench = openLibraryBench(t);
  const { root, context, add, addDisk, diskOf } = bench;
  await add({ slot: 'base', id: 'a1', tags: ['default'] });
  const disk = await addDisk(1, 'controller-02', diskOf({ slot: 'base', id: 'a1' }));
  await runProgram('qemu-io', ['-c', 'write -P 9 64k 64k', disk]);
  const vm: Partial<VmState> = { hostname: 'controller-02', image: `base/${buildId('a1')}` };
  const commit = async (more: Partial<CommitOptions> = {}) =>
    await commitVm(
      {
        slice: 1,
        vm: 'controller-02',
        slot: 'mine',
        tags: [],
        disk: undefined,
        driver: driverWith(bench, [vm]),
        images: { root, recipes: {} },
        lockTimeout: 0,
        ...more,
      },
      context,
    );
  const pathOf = (build: string): string => join(root, 'images', 'mine', build, 'disk.qcow2');
  return { ...bench, disk, vm, commit, pathOf };
}

t.test('a committed disk stays an overlay on its base, and has the same content', async (t) => {
  const { root, disk, commit, pathOf, diskOf } = await openCommit(t);
  const { build, base, tags } = await commit();
  t.strictSame([base, tags], [{ slot: 'base', build: buildId('a1') }, ['default']]);
  t.match(await readBuild(root, 'mine', build), { kind: 'image_import', base, virtualSize: 1024 ** 2 });
  const { stdout } = await runProgram('qemu-img', ['info', '--output=json', pathOf(build)]);
  t.match(JSON.parse(stdout), { 'backing-filename': `../../base/${buildId('a1')}/disk.qcow2` });
  t.equal((await readBackingChain(pathOf(build))).files.length, 2);
  await t.resolves(runProgram('qemu-img', ['compare', disk, pathOf(build)]));
  await t.rejects(runProgram('qemu-img', ['compare', disk, diskOf({ slot: 'base', id: 'a1' })]));
  t.equal((await commit()).build, build, 'to commit it again makes the same build');
});

t.test('a chain that would be too long, and one by way of another file, are flattened', async (t) => {
  const bench = await openCommit(t);
  const { add, addDisk, diskOf, disk, commit, pathOf } = bench;
  for (const [id, below] of [
    ['a2', 'a1'],
    ['a3', 'a2'],
    ['a4', 'a3'],
  ] as const) {
    await add({ slot: 'base', id, base: { slot: 'base', id: below } });
  }
  const long = await addDisk(1, 'worker-20', diskOf({ slot: 'base', id: 'a4' }));
  const driver = driverWith(bench, [
    { hostname: 'worker-20', image: `base/${buildId('a4')}` },
    { hostname: 'plain-60', image: `base/${buildId('a1')}` },
  ]);
  const flat = await commit({ vm: 'bs1-worker-20', driver });
  t.equal(flat.base, null);
  t.strictSame((await readBackingChain(pathOf(flat.build))).files.length, 1);
  await t.resolves(runProgram('qemu-img', ['compare', long, pathOf(flat.build)]));

  const top = await addDisk(1, 'plain-60', disk);
  const through = await commit({ vm: 'plain-60', driver });
  t.equal(through.base, null);
  await t.resolves(runProgram('qemu-img', ['compare', top, pathOf(through.build)]), 'nothing of the middle is lost');
});

t.test('commit says which VM, disk or slot is wrong', async (t) => {
  const bench = await openCommit(t);
  const { root, vm, commit, diskOf } = bench;
  t.match(await virtbsFailure(commit({ vm: 'controler-02' })), { code: 'vm-unknown', message: /"controller-02"\?/ });
  t.match(await virtbsFailure(commit({ driver: driverWith(bench, [{ ...vm, power: 'running' }]) })), {
    code: 'vm-running',
    message: /controller-02 is running/,
    hint: 'stop it first: virtbs -s 1 stop controller-02',
  });
  t.match(await virtbsFailure(commit({ disk: 'rooot' })), { code: 'vm-unknown', message: /did you mean "root"\?/ });
  await createOverlay(diskPath(slicePaths(root, 1), 'controller-02', 'two'), diskOf({ slot: 'base', id: 'a1' }));
  t.match(await virtbsFailure(commit()), { code: 'usage', hint: 'say which: --disk root or --disk two' });
  const recipes = { mine: { mini: {} } };
  t.match(await virtbsFailure(commit({ images: { root, recipes } })), { code: 'usage', message: /has a recipe/ });
  t.match(await commit({ disk: 'two' }), { tags: ['default'] });
});
