import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import * as z from 'zod';
import type { KeptVm } from '../../src/driver/types.js';
import { slicePaths } from '../../src/filenames.js';
import { openCloud } from '../../src/openstack/open-cloud.js';
import type { SlicePlan } from '../../src/plan/plan.js';
import { planOf } from '../plan/plan-of.js';
import { context, openBench, type DriverBench } from './openstack-bench.js';

t.test('a server is built anew from the image that was kept of it, with the ports that it had', async (t) => {
  const { fake, driver, build, request } = await openSnapshotBench(t);
  const plan = await planOf(1, 'plain:2');
  await build(plan);
  const ports = fake.network.items.port.map(({ id, device_id }) => [id, device_id]);
  const { vms: kept, failures } = await driver.keep(request(plan), context);
  t.strictSame(failures, []);
  t.match(kept, [
    { hostname: 'plain-60', power: 'running', disks: [{ name: 'root', keptBytes: 1 }] },
    { hostname: 'plain-61', power: 'running' },
  ]);
  t.strictSame(statuses(fake), ['ACTIVE', 'ACTIVE'], 'they go on');
  t.strictSame(await driver.restore({ ...request(plan), kept }, context), []);
  t.strictSame(
    fake.compute.servers.map(({ image }) => image),
    kept.map(({ disks }) => disks[0]?.layer),
  );
  t.strictSame(
    fake.network.items.port.map(({ id, device_id }) => [id, device_id]),
    ports,
  );
});

t.test('no server runs while any is kept', async (t) => {
  const { fake, driver, build, request } = await openSnapshotBench(t);
  const plan = await planOf(1, 'plain:2');
  await build(plan);
  const seen = new Set<string>();
  const { images } = fake.images;
  const push = images.unshift.bind(images);
  images.unshift = (...made) => {
    seen.add(statuses(fake).join());
    return push(...made);
  };
  await driver.keep(request(plan), context);
  t.strictSame([...seen], ['PAUSED,PAUSED']);
});

t.test('further disks come back as volumes of their snapshots, in their places', async (t) => {
  const { fake, driver, build, request } = await openSnapshotBench(t);
  const plan = await planOf(1, 'disk:1');
  await build(plan);
  const attached = (): readonly (readonly [unknown, unknown])[] =>
    fake.volumes
      .attached(fake.compute.servers[0]?.id ?? '')
      .map((volume) => [volume['name'], volume['snapshot_id']] as const);
  const { vms: kept } = await driver.keep(request(plan), context);
  const [vm] = kept;
  const restored = [1, 2, 3].map((index) => [`bs1-disk-80.data${index}`, vm?.disks[index]?.layer]);
  for (let time = 0; time < 2; time += 1) {
    t.strictSame(await driver.restore({ ...request(plan), kept }, context), []);
    t.strictSame(attached(), restored);
    t.strictSame(statuses(fake), ['ACTIVE']);
  }
  t.equal(
    fake.volumes.volumes.length,
    9,
    'three that the snapshots are of, three of the first time, three of the second',
  );
  await driver.forgetKept?.(1, kept, context);
  t.equal(fake.volumes.volumes.length, 6);
  t.equal(fake.volumes.snapshots.length, 3);
  await driver.forgetKept?.(1, [], context);
  t.strictSame(attached(), restored, 'what the server has stays');
  t.strictSame([fake.volumes.volumes.length, fake.volumes.snapshots.length, keptImages(fake)], [3, 0, []]);
});

t.test('a volume of which something is kept stays when its VM goes, and goes with the slice', async (t) => {
  const { fake, driver, build, request } = await openSnapshotBench(t);
  const plan = await planOf(1, 'disk:1');
  await build(plan);
  await driver.keep(request(plan), context);
  const [state] = await driver.inspect({ slice: 1 }, context);
  await driver.remove({ vms: state?.vms ?? [], networks: [] }, 1, context);
  t.equal(fake.volumes.volumes.length, 3);
  await driver.destroy(1, context);
  t.strictSame([fake.volumes.volumes, fake.volumes.snapshots, keptImages(fake)], [[], [], []]);
});

t.test('a server that boots from a volume is refused before anything is done', async (t) => {
  const { fake, driver, build, request } = await openSnapshotBench(t, { server: { bootFromVolume: true } });
  const plan = await planOf(1, 'plain:1');
  await build(plan);
  await t.rejects(driver.keep(request(plan), context), {
    code: 'snapshot-unsupported',
    message: /plain-60 boots from a volume/,
  });
  t.notOk(fake.requests.some(({ path }) => path.endsWith('/action')));
});

t.test('where one image fails nothing is kept, and all go on', async (t) => {
  const { fake, driver, build, request } = await openSnapshotBench(t);
  const plan = await planOf(1, 'plain:1', 'disk:1');
  await build(plan);
  fake.compute.imagesFail = true;
  await t.rejects(driver.keep(request(plan), context), {
    code: 'cloud-failed',
    message: /could not make an image/,
  });
  t.strictSame(statuses(fake), ['ACTIVE', 'ACTIVE']);
  while (fake.volumes.snapshots.length > 0) await sleep(10);
  t.strictSame(keptImages(fake), []);
});

t.test('an interruption lets all go on, and keeps nothing', async (t) => {
  const { fake, driver, build, request } = await openSnapshotBench(t);
  const plan = await planOf(1, 'plain:2');
  await build(plan);
  fake.compute.stepMilliseconds = 300;
  const stop = new AbortController();
  const saving = driver.keep(request(plan), { ...context, signal: stop.signal });
  while (keptImages(fake).length < 2) await sleep(10);
  stop.abort();
  await t.rejects(saving, { code: 'cancelled' });
  t.strictSame([statuses(fake), keptImages(fake)], [['ACTIVE', 'ACTIVE'], []]);
});

t.test('a server that does not come back is told, the others are back', async (t) => {
  const { fake, driver, build, request } = await openSnapshotBench(t);
  const plan = await planOf(1, 'plain:2');
  await build(plan);
  const { vms: kept } = await driver.keep(request(plan), context);
  fake.compute.rebuildFault = (name) => (name.endsWith('61') ? 'the disk is on fire' : null);
  t.match(await driver.restore({ ...request(plan), kept }, context), [
    { vm: { hostname: 'plain-61' }, error: { message: /the disk is on fire/ } },
  ]);
  t.strictSame(statuses(fake), ['ACTIVE', 'ERROR']);
  fake.compute.rebuildFault = () => null;
  t.strictSame(await driver.restore({ ...request(plan), kept }, context), [], 'also from an error');
});

t.test('servers that a killed restore left half made anew are waited for, and brought back', async (t) => {
  const { fake, driver, build, request } = await openSnapshotBench(t);
  const plan = await planOf(1, 'plain:2');
  await build(plan);
  const { vms: kept } = await driver.keep(request(plan), context);
  fake.compute.stepMilliseconds = 1500;
  const stop = new AbortController();
  const killed = driver.restore({ ...request(plan), kept }, { ...context, signal: stop.signal });
  while (!statuses(fake).every((status) => status === 'REBUILD')) await sleep(10);
  stop.abort();
  await t.rejects(killed);
  fake.requests.splice(0);
  t.strictSame(await driver.restore({ ...request(plan), kept }, context), []);
  t.strictSame(
    fake.requests.filter(({ status }) => status === 409),
    [],
    'nothing is asked of them meanwhile',
  );
});

t.test('what was kept and is gone is told before anything is touched', async (t) => {
  const { fake, driver, build, request } = await openSnapshotBench(t);
  const plan = await planOf(1, 'plain:1');
  await build(plan);
  const { vms: kept } = await driver.keep(request(plan), context);
  await driver.forgetKept?.(1, [], context);
  await t.rejects(driver.restore({ ...request(plan), kept }, context), {
    code: 'cloud-failed',
    message: /plain-60: what was kept of its disk "root" is gone/,
  });
  t.notMatch(fake.compute.servers, [{ status: 'REBUILD' }]);
});

t.test('what keeps a disk is no image to build from, and what others make of a server is theirs', async (t) => {
  const { fake, driver, build, request } = await openSnapshotBench(t, {
    images: { mini: { properties: { os_distro: 'debian' } } },
  });
  const plan = await planOf(1, 'plain:1');
  await build(plan);
  const { vms: kept } = await driver.keep(request(plan), context);
  await driver.restore({ ...request(plan), kept }, context);
  await using cloud = await openCloud({ environment: fake.environment(), ...context });
  const path = `/servers/${fake.compute.servers[0]?.id}/action`;
  const body = { createImage: { name: 'by hand', metadata: {} } };
  await cloud.service('compute').request('POST', path, { body, schema: z.unknown(), signal: context.signal });
  t.match(
    fake.images.images.find(({ name }) => name === 'by hand'),
    { virtbs_kept: /^virtbs-kept-bs1-plain-60/, virtbs: String },
    'it inherits what the image of the server says',
  );
  const found = await driver.findImages?.(plan, context);
  const [first] = [...(found?.values() ?? [])];
  t.notOk(kept.some(({ disks }) => disks.some(({ layer }) => layer === first?.build)));
  while (fake.images.images[0]?.['status'] !== 'active') await sleep(10);
  await driver.destroy(1, context);
  t.strictSame(
    fake.images.images.map(({ name }) => name),
    ['by hand', 'lab-linux'],
  );
});

type SnapshotBench = DriverBench & {
  readonly request: (plan: SlicePlan) => Parameters<DriverBench['driver']['keep']>[0] & { kept: readonly KeptVm[] };
};

async function openSnapshotBench(...args: Parameters<typeof openBench>): Promise<SnapshotBench> {
  const bench = await openBench(...args);
  const { snapshots: directory, layers } = slicePaths(bench.root, 1);
  return { ...bench, request: ({ slice, vms }) => ({ slice, vms, directory, layers, kept: [] }) };
}

function statuses(fake: DriverBench['fake']): readonly string[] {
  return fake.compute.servers.map(({ status }) => status);
}

function keptImages(fake: DriverBench['fake']): readonly unknown[] {
  return fake.images.images.filter(({ name }) => String(name).startsWith('virtbs-kept-'));
}
