import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import * as z from 'zod';
import type { Cloud } from '../../../src/openstack/cloud.js';
import { packageDirectory } from '../../../src/package-directory.js';
import { run, type Ending } from '../../e2e/run-virtbs.js';
import { listCloud, OTHER_TENANT, withCloud } from './list-cloud.js';
import { noCloud } from './no-cloud.js';
import { addUser } from './second-user.js';

const { signal } = new AbortController();
const IMAGE = 'openstack.images.mini={name: lab-linux}';

/** The lab has a second tenant, and one host. */
const inLab = env['LAB_COMPUTE'] !== undefined;
const crowded = { skip: inLab ? false : 'needs a cloud of one host' };

if (noCloud === false) testSlices();
else t.pass('slices on a real cloud', { skip: noCloud });

function testSlices(): void {
  t.test('a slice is built and wiped, and every list is as before; a second tenant notices nothing', async (t) => {
    const { virtbs } = place(t);
    const elsewhere = inLab ? OTHER_TENANT : env;
    if (inLab) {
      const id = await withCloud((cloud) => createNetwork(cloud), OTHER_TENANT);
      t.teardown(() =>
        withCloud((cloud) => cloud.service('network').send('DELETE', `/networks/${id}`, { signal }), OTHER_TENANT),
      );
    }
    const [before, others] = [await listCloud(), await listCloud(elsewhere)];
    const built = await virtbs('cycle', '--no-wait', 'roles', 'controller:1', 'worker:1');
    t.equal(built.code, 0, built.stderr);
    const seen: unknown = JSON.parse((await virtbs('ls', '--json')).stdout);
    t.match(seen, {
      slices: [{ slice: 7, vms: [{ hostname: 'controller-02', power: 'running' }, { hostname: 'worker-20' }] }],
    });
    if (inLab) t.strictSame(await listCloud(elsewhere), others);
    const wiped = await virtbs('wipe');
    t.equal(wiped.code, 0, wiped.stderr);
    t.strictSame(await listCloud(), before);
    t.strictSame(await listCloud(elsewhere), others);
  });

  t.test(
    'two users of the project have slices of the same number, and each sees and wipes its own',
    crowded,
    async (t) => {
      const folder = t.testdir({ first: {}, second: {} });
      const variables = await addUser(t, 'second');
      const first = place(t, { directory: join(folder, 'first') });
      const second = place(t, { directory: join(folder, 'second'), variables });
      const before = await listCloud();
      const cycle = ['-E', 'openstack.access=direct', 'cycle', '--no-wait', 'roles', 'plain:1'];
      const built = await Promise.all([first.virtbs(...cycle), second.virtbs(...cycle)]);
      for (const { code, stderr } of built) t.equal(code, 0, stderr);
      t.equal((await listCloud())['servers']?.length, (before['servers']?.length ?? 0) + 2);
      await first.virtbs('wipe');
      t.match(JSON.parse((await first.virtbs('ls', '--json')).stdout), { slices: [] });
      const seen: unknown = JSON.parse((await second.virtbs('ls', '--json')).stdout);
      t.match(seen, { slices: [{ slice: 7, vms: [{ hostname: 'plain-60', power: 'running' }], networks: [{}] }] });
      t.match(await second.virtbs('wipe'), { code: 0 });
      t.strictSame(await listCloud(), before);
    },
  );

  t.test('what the quota or the flavors do not allow is told before anything is touched', async (t) => {
    const { virtbs } = place(t);
    const before = await listCloud();
    t.match(await virtbs('cycle', '--no-wait', 'roles', 'plain:30'), { code: 1, stderr: /the project may have/ });
    const large = ['-E', 'machine_matrix.roles.plain.memory=999GiB'];
    t.match(await virtbs(...large, 'cycle', '--no-wait', 'roles', 'plain:1'), { code: 2, stderr: /no flavor has/ });
    t.strictSame(await listCloud(), before);
  });

  t.test(
    'a VM that no host has room for is told with the reason; the other stands, and both can be wiped',
    crowded,
    async (t) => {
      const { virtbs } = place(t);
      const before = await listCloud();
      const apart = ['-E', 'openstack.server_group=anti-affinity'];
      const built = await virtbs(...apart, 'cycle', '--no-wait', 'roles', 'plain:2');
      t.match(built, { code: 1, stderr: /is in ERROR: .*No valid host|No valid host/s });
      t.match(JSON.parse((await virtbs('ls', '--json')).stdout), { slices: [{ vms: [{ power: 'running' }] }] });
      await virtbs('wipe');
      t.strictSame(await listCloud(), before);
    },
  );

  t.test('the servers have what server_args, meta and block_devices of a role say', async (t) => {
    const { virtbs } = place(t);
    const before = await listCloud();
    const image = await withCloud(async (cloud) => {
      const schema = z.object({ id: z.string() });
      const images = await cloud
        .service('image')
        .list('/images', 'images', { schema, query: { name: 'lab-linux' }, signal });
      return images[0]?.id ?? '';
    });
    const role = {
      meta: { site: 'here', rack: '2' },
      server_args: { description: 'a worker', 'OS-DCF:diskConfig': 'MANUAL', metadata: { shift: 'night' } },
      block_devices: [{ uuid: image }, { source_type: 'blank', volume_size: 2, delete_on_termination: true }],
    };
    const settings = ['-E', `openstack.roles.plain=${JSON.stringify(role)}`, '-E', 'openstack.access=direct'];
    const built = await virtbs(...settings, 'cycle', '--no-wait', 'roles', 'plain:1', 'controller:1');
    t.equal(built.code, 0, built.stderr);
    const { plain, controller, volumes } = await withCloud(async (cloud) => {
      const server = z.looseObject({ name: z.string(), metadata: z.looseObject({}), image: z.unknown() });
      const volume = z.object({ size: z.number(), bootable: z.string(), status: z.string() });
      const servers = await cloud.service('compute').list('/servers/detail', 'servers', { schema: server, signal });
      return {
        plain: servers.find(({ name }) => name === 'bs7-plain-60'),
        controller: servers.find(({ name }) => name === 'bs7-controller-02'),
        volumes: await cloud.service('volume').list('/volumes/detail', 'volumes', { schema: volume, signal }),
      };
    });
    t.match(plain, {
      description: 'a worker',
      'OS-DCF:diskConfig': 'MANUAL',
      metadata: { site: 'here', rack: '2', shift: 'night' },
      image: '',
      'os-extended-volumes:volumes_attached': [{ delete_on_termination: true }, { delete_on_termination: true }],
    });
    t.strictSame(
      volumes.toSorted((one, other) => one.size - other.size),
      [
        { size: 1, bootable: 'true', status: 'in-use' },
        { size: 2, bootable: 'false', status: 'in-use' },
      ],
    );
    t.notMatch(controller, { description: 'a worker' });
    t.notOk(controller?.metadata['site'], 'another role has nothing of it');
    t.equal((await virtbs('wipe')).code, 0);
    t.strictSame(await listCloud(), before);
  });

  t.test('what a killed cycle leaves is replaced by the next, and wiped', async (t) => {
    const { virtbs, args, directory } = place(t);
    const before = await listCloud();
    const program = join(await packageDirectory(), 'bin', 'virtbs');
    const child = spawn(
      process.execPath,
      [program, ...args, 'cycle', '--no-wait', 'roles', 'controller:1', 'worker:1'],
      {
        cwd: directory,
        stdio: 'ignore',
      },
    );
    const ended = once(child, 'close');
    // As soon as a server is there, others are still to come.
    while ((await listCloud())['servers']?.length === before['servers']?.length) await sleep(100);
    child.kill('SIGKILL');
    await ended;
    const again = await virtbs('cycle', '--no-wait', 'roles', 'controller:1', 'worker:1');
    t.equal(again.code, 0, again.stderr);
    const seen: unknown = JSON.parse((await virtbs('ls', '--json')).stdout);
    t.match(seen, { slices: [{ vms: [{ hostname: 'controller-02' }, { hostname: 'worker-20' }] }] });
    await virtbs('wipe');
    t.strictSame(await listCloud(), before);
  });
}

interface Place {
  readonly directory: string;
  readonly args: readonly string[];
  readonly virtbs: (...args: readonly string[]) => Promise<Ending>;
}

interface PlaceOptions {
  readonly directory?: string;
  /** Who calls, where it is not who calls the test. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** A folder with a root of its own; what is left of its slice is wiped in the end. */
function place(t: Test, { directory = t.testdir(), variables = {} }: PlaceOptions = {}): Place {
  const args = ['--driver', 'openstack', '--root', join(directory, 'root'), '-s', '7', '-q', '-E', IMAGE];
  const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const virtbs = async (...more: readonly string[]): Promise<Ending> => {
    const program = join(await packageDirectory(), 'bin', 'virtbs');
    return await run(directory, ['env', ...words, process.execPath, program, ...args, ...more]);
  };
  t.teardown(async () => void (await virtbs('wipe')));
  return { directory, args, virtbs };
}

/** A network with the name and the addresses that the slice's has. */
async function createNetwork(cloud: Cloud): Promise<string> {
  const service = cloud.service('network');
  const schema = z.object({ network: z.object({ id: z.string() }) });
  const { network } = await service.request('POST', '/networks', {
    body: { network: { name: 'bs7-net' } },
    schema,
    signal,
  });
  const subnet = { network_id: network.id, ip_version: 4, cidr: '172.16.113.0/24' };
  await service.send('POST', '/subnets', { body: { subnet }, signal });
  return network.id;
}
