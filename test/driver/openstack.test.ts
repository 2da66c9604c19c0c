import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readMark, writeMark } from '../../src/driver/openstack/mark.js';
import { networkTags, readNetworkTags } from '../../src/driver/openstack/network-tags.js';
import { openDriver } from '../../src/driver/registry.js';
import type { Driver, VmOutcome } from '../../src/driver/types.js';
import type { VirtbsEvent } from '../../src/events.js';
import { slicePaths } from '../../src/filenames.js';
import { DEFAULT_OPENSTACK_SETTINGS, type OpenStackSettings } from '../../src/openstack/openstack-settings.js';
import type { SlicePlan } from '../../src/plan/plan.js';
import { prepareSliceDirectories } from '../../src/slice/prepare-slice-directories.js';
import { startFakeCloud, type FakeCloud } from '../openstack/fake-cloud.js';
import { planOf } from '../plan/plan-of.js';

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

t.test('a server that is lost once is there in the end', async (t) => {
  const { fake, build } = await openBench(t);
  let asked = 0;
  fake.compute.fate = () => (asked++ === 0 ? { fault: 'try again' } : 'active');
  t.match(await build(await planOf(1, 'plain:1')), [{ error: null }]);
});

t.test('a server that is never done is given up after missing_timeout', async (t) => {
  const { fake, build } = await openBench(t, { missingTimeout: 500 });
  fake.compute.fate = () => 'stuck';
  const [outcome] = await build(await planOf(1, 'plain:1'));
  t.match(outcome?.error, { code: 'timeout', message: /plain-60: the server is still BUILD/ });
});

t.test('a report of what failed is given to the command of the configuration', async (t) => {
  const file = join(t.testdir(), 'report');
  const { fake, build } = await openBench(t, { notify: ['sh', '-c', `cat >${file}`] });
  fake.compute.fate = (name) => (name === 'bs1-plain-61' ? { fault: 'no room' } : 'active');
  await build(await planOf(1, 'plain:2'));
  t.match(await readFile(file, 'utf8'), /^slice 1 on .*: 1 of 2 VMs failed\nplain-61: .*no room/);
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
});

t.test('an image that the cloud does not have is named, with those that it has', async (t) => {
  const { driver } = await openBench(t, { images: { mini: { name: 'nothing' } } });
  const plan = await planOf(1, 'plain:1');
  await t.rejects(async () => void (await driver.findImages?.(plan, context)), {
    code: 'image-unknown',
    hint: /lab-linux/,
  });
});

t.test('an image is chosen by a module that is given the list', async (t) => {
  const module = 'export default (images) => images.find(({ name }) => name === "lab-linux");\n';
  const selector = join(t.testdirName, 'choose.mjs');
  const { driver } = await openBench(t, { images: { mini: { selector } } }, { 'choose.mjs': module });
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

const context = { emit: (): void => undefined, signal: new AbortController().signal };

interface Bench {
  readonly fake: FakeCloud;
  readonly driver: Driver;
  readonly events: VirtbsEvent[];
  readonly build: (plan: SlicePlan) => Promise<readonly VmOutcome[]>;
}

/** A driver on a cloud in memory that has an image for slot `mini`. */
async function openBench(
  t: Test,
  settings: Partial<OpenStackSettings> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<Bench> {
  const fake = await startFakeCloud();
  t.teardown(() => fake[Symbol.asyncDispose]());
  const root = t.testdir(files);
  const events: VirtbsEvent[] = [];
  const images = { mini: { name: 'lab-linux' } };
  const openstack: OpenStackSettings = { ...DEFAULT_OPENSTACK_SETTINGS, access: 'direct', images, ...settings };
  const driver = await openDriver('openstack', { connect: '', root, environment: fake.environment(), openstack });
  t.teardown(() => driver[Symbol.asyncDispose]());
  const seed = { metaData: '', userData: '#cloud-config\n', networkConfig: '' };
  return {
    fake,
    driver,
    events,
    async build(plan) {
      await prepareSliceDirectories(slicePaths(root, plan.slice));
      const found = (await driver.findImages?.(plan, context)) ?? new Map();
      const request = {
        plan,
        images: new Map([...found].map(([name, image]) => [name, Promise.resolve(image)])),
        seeds: new Map(plan.vms.map(({ hostname }) => [hostname, seed])),
        created: '2026-01-02T03:04:05.000Z',
        session: 'tester@here',
      };
      return await driver.build(request, { ...context, emit: (event) => events.push(event) });
    },
  };
}
