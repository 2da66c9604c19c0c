import { join } from 'node:path';
import t, { type Test } from 'tap';
import { renderWiped } from '../../src/cli/render/wipe.js';
import { slicePaths } from '../../src/filenames.js';
import { prepareSeeds } from '../../src/slice/slice-creation.js';
import { wipe, type WipeResult } from '../../src/slice/wipe.js';
import { planOf } from '../plan/plan-of.js';
import { context, openBench, type DriverBench } from './openstack-bench.js';

t.test('a dry run of wipe in a cloud lists by kind and name what the real one then destroys', async (t) => {
  const bench = await openBench(t, { access: 'floating', server: { serverGroup: 'anti-affinity' } });
  const { fake, driver, build, root } = bench;
  const empty = standing(fake);
  const plan = await planOf(1, 'disk:1');
  await prepareSeeds(plan, slicePaths(root, 1), context);
  t.match(await build(plan), [{ error: null }]);
  const { snapshots: directory, layers } = slicePaths(root, 1);
  const { vms: kept } = await driver.keep({ slice: 1, vms: plan.vms, directory, layers }, context);
  const full = standing(fake);

  const dry = await wipeSlice(t, bench, true);
  t.strictSame(standing(fake), full, 'nothing was changed');
  const disks = new Set(kept.flatMap((vm) => vm.disks.map(({ layer }) => layer)));
  const isKept = ({ id }: { readonly id: string }) => disks.has(id);
  t.strictSame(
    dry.others.map(({ kind, name }) => `${kind} ${name}`),
    [
      ...namesOf('volume', fake.volumes.volumes),
      ...namesOf('volume snapshot', fake.volumes.snapshots.filter(isKept)),
      ...namesOf('image', fake.images.images.filter(isKept)),
      `floating IP ${String(fake.network.items.floatingip[0]?.['floating_ip_address'])}`,
      'router bs1-router',
      'security group bs1',
      'server group bs1-disk-anti-affinity',
      `keypair ${String(fake.compute.keypairs[0]?.name)}`,
    ],
  );
  t.match(renderWiped(dry, root), /\nwould destroy router bs1-router\nwould destroy security group bs1\n/);

  const wiped = await wipeSlice(t, bench, false);
  t.strictSame(wiped.others, dry.others);
  t.match(renderWiped(wiped, root), /\ndestroyed volume bs1-disk-[^]*\ndestroyed floating IP 10\.98\./);
  t.strictSame(standing(fake), empty);
  t.match(await wipeSlice(t, bench, true), { vms: [], networks: [], others: [], files: [] });
});

t.test('a dry run of wipe lists what a killed run left without a VM', async (t) => {
  const bench = await openBench(t);
  const { fake, build } = bench;
  await build(await planOf(1, 'plain:1'));
  for (const { id } of fake.compute.servers.splice(0)) fake.network.detach(id);
  const { vms, others } = await wipeSlice(t, bench, true);
  t.strictSame(vms, []);
  t.match(others, [{ kind: 'port', name: 'bs1-plain-60.net' }, { kind: 'router' }, { kind: 'security group' }]);
});

async function wipeSlice(t: Test, { driver, root }: DriverBench, dryRun: boolean): Promise<WipeResult> {
  const outputDirectory = join(t.testdirName, 'output');
  return await wipe({ slice: 1, driver, root, outputDirectory, lockTimeout: 100, dryRun }, context);
}

/** Returns the number of things of each kind that the cloud has. */
function standing({ compute, network, volumes, images }: DriverBench['fake']): Readonly<Record<string, number>> {
  const { port, floatingip, router, network: networks } = network.items;
  // The cloud makes one of this name for each project as soon as it is asked.
  const groups = network.items.security_group.filter(({ name }) => name !== 'default');
  const kinds = { port, floatingip, router, groups, networks, volumes: volumes.volumes, snapshots: volumes.snapshots };
  const others = { images: images.images, servers: compute.servers, keypairs: compute.keypairs };
  return Object.fromEntries(Object.entries({ ...kinds, ...others }).map(([kind, { length }]) => [kind, length]));
}

function namesOf(kind: string, items: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return items.map(({ name }) => `${kind} ${String(name)}`).sort((one, other) => one.localeCompare(other));
}
