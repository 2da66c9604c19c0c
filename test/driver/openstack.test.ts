import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import * as z from 'zod';
import { readMark, writeMark } from '../../src/driver/openstack/mark.js';
import { networkTags, readNetworkTags } from '../../src/driver/openstack/network-tags.js';
import { createUploader } from '../../src/driver/openstack/upload-image.js';
import { openCloud } from '../../src/openstack/open-cloud.js';
import { DEFAULT_OPENSTACK_SETTINGS } from '../../src/driver/openstack/openstack-settings.js';
import type { SlicePlan } from '../../src/plan/plan.js';
import type { FakeCloud } from '../openstack/fake-cloud.js';
import { planOf, planWith } from '../plan/plan-of.js';
import { context, openBench } from './openstack-bench.js';

t.test(
  'a server in ERROR is made once more, then told with the reason of the cloud, and nothing of it stays',
  async (t) => {
    const { fake, driver, build, events } = await openBench(t);
    fake.compute.fate = () => ({ fault: 'the disk is on fire' });
    const [outcome] = await build(await planOf(1, 'plain:1'));
    t.match(outcome?.error, { code: 'vm-failed', message: /plain-60: the server is in ERROR: the disk is on fire/ });
    t.equal(fake.requests.filter(({ method, path }) => method === 'POST' && path === '/servers').length, 2);
    t.equal(events.filter(({ type }) => type === 'warning').length, 1);
    t.strictSame((await driver.inspect({ slice: 1 }, context))[0]?.vms, []);
    t.notOk(fake.network.items.port.some(({ name }) => String(name).startsWith('bs1-plain-60')));
  },
);

t.test('a cloud is known to people by its host', async (t) => {
  const { fake, driver } = await openBench(t);
  t.equal(driver.site, new URL(fake.url).host);
});

t.test('a server that is lost once is there in the end', async (t) => {
  const { fake, build } = await openBench(t);
  let asked = 0;
  fake.compute.fate = () => (asked++ === 0 ? { fault: 'try again' } : 'active');
  t.match(await build(await planOf(1, 'plain:1')), [{ error: null }]);
});

t.test('without a router no server is asked for, and what a build left is wiped', async (t) => {
  const { fake, driver, build } = await openBench(t);
  fake.inject({ service: 'network', method: 'POST', path: /routers/, fault: { status: 400, body: 'no room' } });
  await t.rejects(build(await planOf(1, 'controller:1')), { status: 400, message: /POST \/routers: .*no room/ });
  t.notOk(fake.requests.some(({ method, path }) => method === 'POST' && path === '/servers'));
  t.notOk(fake.network.items.port.some(({ name }) => String(name).startsWith('bs1-')));
  await driver.destroy(1, context);
  t.match(fake.network.items, { port: { length: 0 }, network: { length: 1 } }, 'but for the network of the cloud');
});

t.test('a router is on a subnet also where the answer to that was lost', async (t) => {
  const { fake, build } = await openBench(t);
  fake.inject({ service: 'network', method: 'PUT', path: /add_router_interface/, fault: { reset: 'after' } });
  t.match(await build(await planOf(1, 'plain:1')), [{ error: null }]);
  const asked = fake.requests.filter(({ path }) => path.endsWith('/add_router_interface'));
  t.match(asked, [{ status: 200 }, { status: 400 }]);
});

t.test('a security group that a killed run left without rules has them after the next', async (t) => {
  const { fake, build } = await openBench(t);
  await build(await planOf(1, 'plain:1'));
  const { security_group: groups, security_group_rule: rules } = fake.network.items;
  const group = groups.find(({ name }) => name === 'bs1')?.id;
  const ofGroup = () => rules.filter((rule) => rule['security_group_id'] === group && rule['direction'] === 'ingress');
  const made = ofGroup();
  t.ok(made.length > 0);
  for (const rule of made) rules.splice(rules.indexOf(rule), 1);
  for (const hostname of ['plain-61', 'plain-62']) {
    await build(await planOf(1, 'plain:3'), context.signal, new Set([hostname]));
    t.equal(ofGroup().length, made.length);
  }
});

t.test('a server that is never done is given up after missing_timeout', async (t) => {
  const { fake, build } = await openBench(t, { missingTimeout: 500 });
  fake.compute.fate = () => 'stuck';
  const [outcome] = await build(await planOf(1, 'plain:1'));
  t.match(outcome?.error, { code: 'timeout', message: /plain-60: the server is still BUILD/ });
});

t.test('two users of one project have slices of the same number, and each sees and wipes its own', async (t) => {
  const { fake, driver, build } = await openBench(t);
  const second = await openBench(t, {}, { fake, user: 'second' });
  const plan = await planOf(1, 'plain:1');
  await Promise.all([build(plan), second.build(plan)]);
  t.equal(fake.compute.servers.filter(({ name }) => name === 'bs1-plain-60').length, 2);
  t.match(await driver.inspect({}, context), [{ slice: 1, vms: [{ hostname: 'plain-60' }] }]);
  await t.resolves(driver.check(plan, undefined, context));
  await driver.destroy(1, context);
  t.strictSame(await driver.inspect({}, context), []);
  t.match(await second.driver.inspect({}, context), [{ slice: 1, vms: [{ power: 'running' }], networks: [{}] }]);
  t.equal(fake.network.items.port.filter(({ name }) => name === 'bs1-plain-60.net').length, 1);
});

t.test('what a killed run left of a VM is replaced, with and without a server', async (t) => {
  const { fake, driver, build } = await openBench(t, { server: { bootFromVolume: true } });
  const plan = await planOf(1, 'plain:2');
  await build(plan);
  const [first] = fake.compute.servers;
  const ports = new Set(fake.network.items.port.map(({ id }) => id));
  for (const { id } of fake.compute.servers.splice(1)) {
    fake.network.detach(id);
    fake.volumes.detach(id, () => true);
  }
  t.match(await build(plan), [{ error: null }, { error: null }]);
  t.equal(fake.compute.servers.length, 2);
  t.notOk(fake.compute.servers.some(({ id }) => id === first?.id));
  t.equal(fake.volumes.volumes.length, 2);
  t.notOk(fake.network.items.port.some(({ id, name }) => ports.has(id) && String(name).startsWith('bs1-plain')));
  t.match(await driver.inspect({ slice: 1 }, context), [{ vms: [{ power: 'running' }, { power: 'running' }] }]);
});

t.test('what is removed of a VM is not what another has whose name begins like its', async (t) => {
  const { fake, driver, build } = await openBench(t, { server: { bootFromVolume: true } });
  const role = 'machine_matrix.roles.plain-60={nets: [net], first_offset: 90, disks: {root: {image_slot: mini}}}';
  const plan = await planWith([role], 1, 'plain:1', 'plain-60:1');
  t.match(await build(plan), [{ error: null }, { error: null }]);
  const [state] = await driver.inspect({ slice: 1 }, context);
  const vms = state?.vms.filter(({ domain }) => domain === 'bs1-plain-60') ?? [];
  await driver.remove({ vms, networks: [] }, 1, context);
  const parts = fake.network.items.port.map(({ name }) => name).filter((name) => String(name).startsWith('bs1-plain'));
  t.strictSame(parts, ['bs1-plain-60-5a.net']);
  t.strictSame(
    fake.volumes.volumes.map(({ name }) => name),
    ['bs1-plain-60-5a.root'],
  );
});

t.test('volumes that are being made are wiped', async (t) => {
  const { fake, driver, build } = await openBench(t, { server: { bootFromVolume: true } });
  fake.compute.stepMilliseconds = 1500;
  const stop = new AbortController();
  const building = build(await planOf(1, 'plain:1'), stop.signal);
  while (fake.volumes.volumes.length === 0) await sleep(10);
  stop.abort();
  await t.rejects(building, { code: 'cancelled' });
  await driver.destroy(1, context);
  t.strictSame(fake.volumes.volumes, []);
});

t.test('servers that are being made are wiped with all that is theirs', async (t) => {
  const { fake, driver, build } = await openBench(t, { server: { bootFromVolume: true } });
  fake.compute.fate = () => 'stuck';
  const stop = new AbortController();
  const building = build(await planOf(1, 'plain:2'), stop.signal);
  while (fake.compute.servers.length < 2) await sleep(10);
  stop.abort();
  await t.rejects(building, { code: 'cancelled' });
  t.match(await driver.inspect({ slice: 1 }, context), [{ vms: [{ power: 'unknown' }, { power: 'unknown' }] }]);
  await driver.destroy(1, context);
  t.strictSame([fake.compute.servers, fake.volumes.volumes, fake.network.items.router], [[], [], []]);
  t.strictSame(fake.network.items.network.length, 1);
});

t.test('tokens that end in the middle of a build are renewed', async (t) => {
  const { fake, build } = await openBench(t, { access: 'floating' });
  let revoked = false;
  fake.compute.fate = () => {
    if (!revoked) fake.identity.revokeAll();
    revoked = true;
    return 'active';
  };
  t.match(await build(await planOf(1, 'plain:2')), [{ error: null }, { error: null }]);
  t.ok(fake.requests.some(({ status }) => status === 401));
  fake.identity.tokenLife = 400;
  fake.compute.stepMilliseconds = 1000;
  fake.compute.fate = () => 'active';
  fake.identity.revokeAll();
  t.match(await build(await planOf(2, 'plain:1')), [{ error: null }]);
});

t.test('servers of a role are spread over its zones; a zone that is unknown is told before', async (t) => {
  const { fake, driver, build } = await openBench(t, { server: { availabilityZones: ['north', 'south'] } });
  const plan = await planOf(1, 'plain:3');
  await t.rejects(driver.check(plan, undefined, context), { code: 'plan-invalid', message: /zone "north"/ });
  fake.compute.zones.push('north', 'south');
  await driver.check(plan, undefined, context);
  await build(plan);
  const zones = fake.compute.servers.map(({ name, zone }) => `${name} ${zone}`).sort();
  t.strictSame(zones, ['bs1-plain-60 north', 'bs1-plain-61 south', 'bs1-plain-62 north']);
});

t.test(
  'block devices and further arguments reach the cloud; what is not said of a device is as Buildbot has it',
  async (t) => {
    const blank = { source_type: 'blank', destination_type: 'volume', volume_size: 2, delete_on_termination: false };
    const serverArgs = { description: 'a host', metadata: { own: 'yes', virtbs: 'not taken' } };
    const { fake, driver, build } = await openBench(t, {
      server: { blockDevices: [{ uuid: 'an image' }, blank], meta: { team: 'red' }, serverArgs },
    });
    const plan = await planOf(1, 'plain:1');
    await build(plan);
    const [server] = fake.compute.servers;
    const [first, ...others] = (server?.request['block_device_mapping_v2'] ?? []) as readonly unknown[];
    const image = { source_type: 'image', destination_type: 'volume', delete_on_termination: true, boot_index: 0 };
    t.strictSame(first, { ...image, uuid: 'an image', volume_size: 1 });
    t.strictSame(others, [{ ...blank, boot_index: -1 }]);
    t.match(server?.request, { description: 'a host', metadata: { own: 'yes', team: 'red', virtbs: /^virtbs/ } });
    t.equal(server?.image, null);
    t.match(await driver.inspect({ slice: 1 }, context), [{ vms: [{ hostname: 'plain-60' }] }]);
  },
);

t.test('a network that exists is used, known to what comes later, and left', async (t) => {
  const { fake, driver, build } = await openBench(t, { networks: { net: 'office' } });
  const plan = await planOf(1, 'plain:1');
  await t.rejects(driver.check(plan, undefined, context), { code: 'plan-invalid', message: /"office"/ });
  await createNetwork(fake, 'office', '10.1.2.0/24');
  await driver.check(plan, undefined, context);
  await build(plan);
  const [state] = await driver.inspect({ slice: 1 }, context);
  t.match(state, { networks: [], vms: [{ accessAddress: /^10\.1\.2\./ }] });
  t.strictSame(state?.vms[0]?.networks, plan.networks);
  t.match((await driver.reach?.(plan, context))?.vms, [{ accessAddress: /^10\.1\.2\./ }]);
  await driver.destroy(1, context);
  t.ok(fake.network.items.network.some(({ name }) => name === 'office'));
  t.notOk(fake.network.items.port.some(({ name }) => String(name).startsWith('bs1-')));
});

t.test('on a network of somebody else the cloud chooses addresses, and VMs are reached at those', async (t) => {
  const { driver, build } = await openBench(t, { networks: { net: 'public' } });
  const plan = await planOf(1, 'plain:1');
  t.match(await build(plan), [{ error: null }]);
  t.match(await driver.inspect({ slice: 1 }, context), [{ vms: [{ accessAddress: /^10\.98\.0\./ }] }]);
  await driver.destroy(1, context);
});

t.test('open ports have no port security, and others of the slice do', async (t) => {
  const { fake, build } = await openBench(t, { openPorts: ['data'] });
  await build(await planOf(1, 'controller:1'));
  const open = fake.network.items.port.flatMap(({ name, port_security_enabled }) =>
    String(name).startsWith('bs1-controller') ? [[name, port_security_enabled !== false]] : [],
  );
  t.strictSame(
    new Map(open as [string, boolean][]),
    new Map([
      ['bs1-controller-02.net', true],
      ['bs1-controller-02.data', false],
    ]),
  );
});

t.test('VMs behind a machine that is told have no floating address, and ssh goes through it', async (t) => {
  const { fake, driver, build } = await openBench(t, {
    access: 'jump',
    jumpHost: { address: '2001:db8::1', user: 'me', port: 2222 },
  });
  const plan = await planOf(1, 'plain:1');
  await build(plan);
  t.strictSame(fake.network.items.floatingip, []);
  t.match((await driver.reach?.(plan, context))?.access, { jump: 'me@[2001:db8::1]:2222' });
});

t.test('the first VM that there is has the floating address for all, whichever failed or went', async (t) => {
  const { fake, driver, build } = await openBench(t, { access: 'jump' });
  const plan = await planOf(1, 'plain:3');
  fake.compute.fate = (name) => (name === 'bs1-plain-60' ? { fault: 'no room' } : 'active');
  await build(plan);
  const reach = async (vms: SlicePlan['vms']) => await driver.reach?.({ ...plan, vms }, context);
  t.match(await reach(plan.vms.slice(1)), { access: { jump: 'plain-61' }, vms: [{ accessAddress: /^10\.98/ }, {}] });
  const [state] = await driver.inspect({ slice: 1 }, context);
  await driver.remove({ vms: state?.vms.slice(0, 1) ?? [], networks: [] }, 1, context);
  const last = plan.vms.slice(2);
  await build({ ...plan, vms: last }, undefined, new Set());
  t.match(await reach(last), { access: { jump: 'plain-62' }, vms: [{ accessAddress: /^10\.98/ }] });
});

t.test('every quota that does not suffice is told, the old slice counted in', async (t) => {
  const { fake, driver, build } = await openBench(t);
  const plan = await planOf(1, 'plain:2');
  fake.network.quotas.port = 2;
  await t.rejects(driver.check(plan, undefined, context), { code: 'quota-exceeded', message: /^ports: / });
  fake.network.quotas.port = 500;
  await build(plan);
  fake.network.quotas.router = 1;
  const [old] = await driver.inspect({ slice: 1 }, context);
  await t.resolves(driver.check(plan, old, context));
});

t.test('each VM is reached at a floating address of its own, or all through the first', async (t) => {
  const floating = await openBench(t, { access: 'floating' });
  const plan = await planOf(1, 'plain:2');
  await floating.build(plan);
  const reached = await floating.driver.reach?.(plan, context);
  const addresses = reached?.vms.map(({ accessAddress }) => String(accessAddress)) ?? [];
  t.equal(new Set(addresses).size, 2);
  t.ok(addresses.every((address) => address.startsWith('10.98.0.')));
  t.equal(reached?.access?.jump, null);

  const jump = await openBench(t, { access: 'jump', server: { sshUser: 'root' } });
  await jump.build(plan);
  const behind = await jump.driver.reach?.(plan, context);
  t.match(behind?.vms.at(0)?.accessAddress, /^10\.98\.0\./);
  t.equal(behind?.vms.at(1)?.accessAddress, plan.vms.at(1)?.accessAddress);
  t.strictSame(behind?.access, { jump: 'plain-60', users: { 'plain-60': 'root', 'plain-61': 'root' } });

  const untold = await openBench(t, { access: 'floating' }, { fake: jump.fake });
  const standing = await untold.driver.reach?.(plan, context);
  t.equal(standing?.access?.jump, 'plain-60', 'also where a later command is not told');
});

t.test('an image that the cloud does not have is named, with those that it has', async (t) => {
  const { driver } = await openBench(t, { images: { mini: { name: 'nothing' } } });
  const plan = await planOf(1, 'plain:1');
  await t.rejects(async () => void (await driver.findImages?.(plan, context)), {
    code: 'image-unknown',
    hint: /lab-linux/,
  });
});

t.test(
  'a build that the cloud has no copy of is refused before anything is made, unless it may be copied',
  async (t) => {
    const { fake, driver } = await openBench(t, { images: {} });
    const plan = await planOf(1, 'plain:1');
    const build = { slot: 'mini', build: 'b2', path: '/none', format: 'qcow2', virtualSize: 1 } as const;
    const refusal = { code: 'image-unknown', message: /no image for slot "mini"/, hint: /openstack\.upload=true/ };
    await t.rejects(driver.check(plan, undefined, context), refusal);
    const standing = await openBench(t, {}, { fake, user: 'standing' });
    await standing.build(plan);
    const [old] = await standing.driver.inspect({ slice: 1 }, context);
    await t.resolves(driver.check(plan, old, context), 'VMs that stand may need none');
    const owner = fake.identity.users.find(({ project }) => project.name === 'demo')?.project.id ?? '';
    fake.images.add(owner, { status: 'active', virtbs_build: 'mini/b1' });
    await t.resolves(driver.check(plan, undefined, context));
    await t.rejects(async () => await driver.checkImage?.(build, context), refusal);

    const uploading = await openBench(t, { images: {}, upload: true }, { fake, user: 'uploader' });
    await t.resolves(uploading.driver.check(plan, undefined, context));
    await t.resolves(async () => await uploading.driver.checkImage?.(build, context));
  },
);

t.test('what a killed run left of a copy goes with the next one; what may be that of another run stays', async (t) => {
  const { fake, root, tell, events } = await openBench(t, {}, { files: { disk: 'bytes' } });
  await using cloud = await openCloud({ environment: fake.environment(), ...context });
  const broken = { name: 'broken', status: 'queued', virtbs_build: 'mini/b1' };
  fake.images.add(cloud.projectId, { ...broken, created_at: '2020-01-02T03:04:05Z' });
  fake.images.add(cloud.projectId, { ...broken, name: 'young' });
  const site = { cloud, settings: { ...DEFAULT_OPENSTACK_SETTINGS, upload: true }, root, owner: 'tester' };
  const build = { slot: 'mini', build: 'b1', path: join(root, 'disk'), format: 'raw', virtualSize: 1 } as const;
  await createUploader(site, tell)(build);
  t.match(events, [{ type: 'note', message: 'image mini/b1: copying 1 MiB to the cloud, once' }]);
  t.strictSame(
    fake.images.images.map(({ name, status }) => [name, status]),
    [
      ['virtbs-mini-b1', 'active'],
      ['young', 'queued'],
      ['lab-linux', 'active'],
    ],
  );
});

t.test('an image is chosen by a module that is given the list', async (t) => {
  const module = 'export default (images) => images.find(({ name }) => name === "lab-linux");\n';
  const selector = join(t.testdirName, 'choose.mjs');
  const { driver } = await openBench(t, { images: { mini: { selector } } }, { files: { 'choose.mjs': module } });
  t.equal((await driver.findImages?.(await planOf(1, 'plain:1'), context))?.size, 1);
});

t.test('a mark is read as it was written, and fits where descriptions go', async (t) => {
  const mark = {
    slice: 7,
    owner: '0123456789.0123456789',
    root: `/${'long/'.repeat(19)}`,
    created: '2026-01-02T03:04:05.678Z',
    session: 'a user with a long name @ a host with a long name: /a/folder/of/a/job/of/ci/with/a/long/name',
    expires: null,
  };
  t.strictSame(readMark(writeMark(mark)), mark);
  t.ok(writeMark({ ...mark, session: 'ü'.repeat(400) }).length <= 255);
  for (const text of [null, '', 'virtbs:', 'virtbs:[1]', 'virtbs~x', 'a network of bs7']) t.equal(readMark(text), null);
});

t.test('a network keeps its plans in tags that older clouds take', async (t) => {
  const { networks } = await planOf(1, 'plain:1');
  const tags = networkTags(networks);
  t.strictSame(readNetworkTags([...tags, 'of somebody else'].toReversed()), networks);
  t.ok(tags.every((tag) => tag.length <= 60 && !tag.includes(',')));
});

/** A network that somebody else of the project made. */
async function createNetwork(fake: FakeCloud, name: string, cidr: string): Promise<void> {
  await using cloud = await openCloud({ environment: fake.environment(), ...context });
  const service = cloud.service('network');
  const schema = z.object({ network: z.object({ id: z.string() }) });
  const { signal } = context;
  const { network } = await service.request('POST', '/networks', { body: { network: { name } }, schema, signal });
  const subnet = { network_id: network.id, ip_version: 4, cidr };
  await service.send('POST', '/subnets', { body: { subnet }, signal });
}
