import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import * as z from 'zod';
import { isCloudError } from '../../src/openstack/cloud-error.js';
import type { Cloud, Method, ServiceType } from '../../src/openstack/cloud.js';
import {
  availabilityZoneSchema,
  computeLimitsSchema,
  consoleOutputSchema,
  createdServerSchema,
  flavorSchema,
  interfaceAttachmentSchema,
  keypairSchema,
  serverGroupSchema,
  serverSchema,
  type Server,
} from '../../src/openstack/compute.js';
import { imageSchema } from '../../src/openstack/image.js';
import {
  extensionSchema,
  floatingIpSchema,
  networkQuotaSchema,
  networkSchema,
  portSchema,
  routerSchema,
  securityGroupRuleSchema,
  securityGroupSchema,
  subnetSchema,
} from '../../src/openstack/network.js';
import { volumeLimitsSchema, volumeSchema, volumeTypeSchema } from '../../src/openstack/volume.js';

export interface ContractBench {
  readonly cloud: Cloud;
  /** Another user with a project of its own; null where there is none. */
  readonly other: Cloud | null;
  /** Servers have a console, and their ports come up. */
  readonly guests: boolean;
}

const signal = new AbortController().signal;
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKnlDTiqJDCVDJTHRoX1hSGQkiGjMSGgqxCeUcLOWqhc x';
/** Milliseconds for the slowest of real clouds. */
const PATIENCE = 180_000;

/**
 * What the driver relies on: that answers are as the schemas have them, and that what is in use is refused in the way that
 * is looked for. The cloud in memory and a real one pass the same; what is made goes, and has a name that nobody else has.
 */
export function testClientContract(t: Test, open: (t: Test) => Promise<ContractBench>): void {
  const prefix = `virtbs-contract-${randomUUID().slice(0, 8)}`;

  void t.test('every list is read, and is as the schemas have it', async (t) => {
    const { cloud } = await open(t);
    const { compute, network, image, volume } = services(cloud);
    await t.resolves(compute.list('/servers/detail', 'servers', { schema: serverSchema, signal }));
    await t.resolves(compute.list('/os-server-groups', 'server_groups', { schema: serverGroupSchema, signal }));
    const zones = await compute.list('/os-availability-zone', 'availabilityZoneInfo', {
      schema: availabilityZoneSchema,
      signal,
    });
    t.ok(zones.some(({ zoneState }) => zoneState.available));
    t.match(await compute.request('GET', '/limits', { schema: computeLimitsSchema, signal }), {
      limits: { absolute: {} },
    });
    const quota = await network.request('GET', `/quotas/${cloud.projectId}/details.json`, {
      schema: networkQuotaSchema,
      signal,
    });
    t.ok(quota.quota.port.used >= 0);
    const groups = await network.list('/security-groups', 'security_groups', { schema: securityGroupSchema, signal });
    t.ok(groups.some(({ name, security_group_rules: rules }) => name === 'default' && rules.length > 0));
    const extensions = await network.list('/extensions', 'extensions', { schema: extensionSchema, signal });
    t.ok(extensions.some(({ alias }) => alias === 'standard-attr-tag'));
    t.ok((await image.list('/images', 'images', { schema: imageSchema, signal })).length > 0);
    await t.resolves(volume.list('/volumes/detail', 'volumes', { schema: volumeSchema, signal }));
    t.ok((await volume.list('/types', 'volume_types', { schema: volumeTypeSchema, signal })).length > 0);
    t.match(await volume.request('GET', '/limits', { schema: volumeLimitsSchema, signal }), { limits: {} });
    const all = await compute.list('/flavors/detail', 'flavors', { schema: flavorSchema, signal });
    const paged = await compute.list('/flavors/detail', 'flavors', {
      schema: flavorSchema,
      query: { limit: 2 },
      signal,
    });
    t.strictSame(paged, all, 'by pages too');
  });

  void t.test('what is not there is told by every service, with a request id', async (t) => {
    const { cloud } = await open(t);
    const id = randomUUID();
    const missing: readonly [ServiceType, string, string | null][] = [
      ['compute', `/servers/${id}`, 'itemNotFound'],
      ['compute', `/os-keypairs/${prefix}`, 'itemNotFound'],
      ['network', `/networks/${id}`, 'NetworkNotFound'],
      ['network', `/ports/${id}`, 'PortNotFound'],
      ['image', `/images/${id}`, null],
      ['volume', `/volumes/${id}`, 'itemNotFound'],
    ];
    for (const [service, path, type] of missing) {
      for (const method of ['GET', 'DELETE'] as const) {
        const error = await refusal(cloud, service, method, path);
        t.match(error, { service, method, path, status: 404, type, reason: /\w/, requestId: /^req-/ });
      }
    }
    const old = await refusal(cloud, 'compute', 'GET', '/servers', { microversion: '2.999' });
    t.match(old, { status: 406, reason: /2\.999/ });
  });

  void t.test('networks hold what is on them, and go when it is gone', async (t) => {
    const { cloud, other } = await open(t);
    const { network } = services(cloud);
    const name = `${prefix}-net`;
    const undo = createUndo(t, cloud);
    const make = async <T>(path: string, key: string, schema: z.ZodType<T>, body: object): Promise<T> => {
      const made = await network.request('POST', path, {
        body: { [key]: body },
        schema: z.object({ [key]: schema }),
        signal,
      });
      return made[key] as T;
    };
    const net = await make('/networks', 'network', networkSchema, { name, mtu: 1400 });
    undo('network', `/networks/${net.id}`);
    t.match(net, {
      name,
      mtu: 1400,
      project_id: cloud.projectId,
      'router:external': false,
      port_security_enabled: true,
    });
    await network.send('PUT', `/networks/${net.id}/tags`, { body: { tags: ['a', 'b=1'] }, signal });
    const tagged = await network.list('/networks', 'networks', {
      schema: networkSchema,
      query: { tags: 'a,b=1', name },
      signal,
    });
    t.match(tagged, [{ id: net.id, tags: ['a', 'b=1'] }]);
    t.strictSame(
      await network.list('/networks', 'networks', { schema: networkSchema, query: { tags: 'a,c', name }, signal }),
      [],
    );

    const pools = [{ start: '172.16.17.200', end: '172.16.17.250' }];
    const inNet = { network_id: net.id, ip_version: 4, cidr: '172.16.17.0/24' };
    const subnet = await make('/subnets', 'subnet', subnetSchema, {
      ...inNet,
      name,
      gateway_ip: '172.16.17.1',
      allocation_pools: pools,
    });
    t.match(subnet, { cidr: '172.16.17.0/24', allocation_pools: pools, gateway_ip: '172.16.17.1' });
    t.match(await refusal(cloud, 'network', 'POST', '/subnets', { body: { subnet: inNet } }), {
      status: 400,
      type: 'InvalidInput',
    });

    const group = await make('/security-groups', 'security_group', securityGroupSchema, { name });
    undo('network', `/security-groups/${group.id}`);
    t.strictSame(
      group.security_group_rules.map(({ direction }) => direction),
      ['egress', 'egress'],
    );
    const rule = {
      security_group_id: group.id,
      direction: 'ingress',
      ethertype: 'IPv4',
      protocol: 'tcp',
      port_range_min: 22,
      port_range_max: 22,
    };
    await make('/security-group-rules', 'security_group_rule', securityGroupRuleSchema, rule);
    t.match(await refusal(cloud, 'network', 'POST', '/security-group-rules', { body: { security_group_rule: rule } }), {
      status: 409,
      type: 'SecurityGroupRuleExists',
    });

    const fixed = [{ subnet_id: subnet.id, ip_address: '172.16.17.2' }];
    const wanted = {
      network_id: net.id,
      name,
      mac_address: '52:54:00:10:01:02',
      fixed_ips: fixed,
      security_groups: [group.id],
    };
    const port = await make('/ports', 'port', portSchema, wanted);
    undo('network', `/ports/${port.id}`);
    t.match(port, {
      mac_address: '52:54:00:10:01:02',
      fixed_ips: fixed,
      status: 'DOWN',
      device_id: '',
      device_owner: '',
    });
    const taken: readonly [object, object][] = [
      [
        { network_id: net.id, fixed_ips: fixed },
        { status: 409, type: 'IpAddressAlreadyAllocated' },
      ],
      [
        { network_id: net.id, mac_address: '52:54:00:10:01:02' },
        { status: 409, type: 'MacAddressInUse' },
      ],
      [
        { network_id: net.id, fixed_ips: [{ subnet_id: subnet.id, ip_address: '10.1.1.1' }] },
        { status: 400, type: 'InvalidIpForSubnet' },
      ],
    ];
    for (const [body, found] of taken)
      t.match(await refusal(cloud, 'network', 'POST', '/ports', { body: { port: body } }), found);

    const router = await make('/routers', 'router', routerSchema, { name });
    undo('network', `/routers/${router.id}`);
    t.equal(router.external_gateway_info, null);
    const [external] = await network.list('/networks', 'networks', {
      schema: networkSchema,
      query: { 'router:external': true },
      signal,
    });
    if (external) {
      const floating = { floating_network_id: external.id, port_id: port.id };
      t.match(await refusal(cloud, 'network', 'POST', '/floatingips', { body: { floatingip: floating } }), {
        status: 404,
        type: 'ExternalGatewayForFloatingIPNotFound',
      });
      const gateway = { router: { external_gateway_info: { network_id: external.id } } };
      await network.send('PUT', `/routers/${router.id}`, { body: gateway, signal });
    }
    const inRouter = { body: { subnet_id: subnet.id }, signal };
    await network.send('PUT', `/routers/${router.id}/add_router_interface`, inRouter);
    undo('network', `/routers/${router.id}/remove_router_interface`, { subnet_id: subnet.id });
    const query = { device_id: router.id, device_owner: 'network:router_interface' };
    const [inner] = await network.list('/ports', 'ports', { schema: portSchema, query, signal });
    t.match(inner, { fixed_ips: [{ subnet_id: subnet.id, ip_address: '172.16.17.1' }] });
    if (external) {
      const body = { floating_network_id: external.id, port_id: port.id };
      const floating = await make('/floatingips', 'floatingip', floatingIpSchema, body);
      undo('network', `/floatingips/${floating.id}`);
      t.match(floating, { port_id: port.id, fixed_ip_address: '172.16.17.2', router_id: router.id });
      const error = await refusal(cloud, 'network', 'PUT', `/routers/${router.id}/remove_router_interface`, inRouter);
      t.match(error, { status: 409, type: 'RouterInterfaceInUseByFloatingIP' });
    }
    t.match(await refusal(cloud, 'network', 'DELETE', `/routers/${router.id}`), { status: 409, type: 'RouterInUse' });
    t.match(await refusal(cloud, 'network', 'DELETE', `/ports/${inner?.id}`), {
      status: 409,
      type: 'ServicePortInUse',
    });
    t.match(await refusal(cloud, 'network', 'DELETE', `/networks/${net.id}`), { status: 409, type: 'NetworkInUse' });
    t.match(await refusal(cloud, 'network', 'DELETE', `/subnets/${subnet.id}`), { status: 409, type: 'SubnetInUse' });
    t.match(await refusal(cloud, 'network', 'DELETE', `/security-groups/${group.id}`), {
      status: 409,
      type: 'SecurityGroupInUse',
    });
    if (other) {
      t.match(await refusal(other, 'network', 'DELETE', `/ports/${port.id}`), { status: 404 });
      t.strictSame(
        await other.service('network').list('/ports', 'ports', { schema: portSchema, query: { name }, signal }),
        [],
      );
      const shared = external && (await refusal(other, 'network', 'DELETE', `/networks/${external.id}`));
      t.match(shared ?? { status: 403 }, { status: 403 });
    }
  });

  void t.test('a server is built on its port, obeys and goes, and its port stays', async (t) => {
    const { cloud, other, guests } = await open(t);
    const { compute, network } = services(cloud);
    const name = `${prefix}-vm`;
    const undo = createUndo(t, cloud);
    const keypair = { name, public_key: KEY };
    await compute.request('POST', '/os-keypairs', { body: { keypair }, schema: keypairSchema, signal });
    undo('compute', `/os-keypairs/${name}`);
    t.match(await refusal(cloud, 'compute', 'POST', '/os-keypairs', { body: { keypair } }), { status: 409 });
    t.match(
      await refusal(cloud, 'compute', 'POST', '/os-keypairs', { body: { keypair: { name: 'x', public_key: 'x' } } }),
      { status: 400 },
    );
    const keypairs = await compute.list('/os-keypairs', 'keypairs', { schema: keypairSchema, signal });
    t.ok(keypairs.some((item) => item.keypair.name === name));
    const { server_group: group } = await compute.request('POST', '/os-server-groups', {
      body: { server_group: { name, policy: 'anti-affinity' } },
      schema: z.object({ server_group: serverGroupSchema }),
      signal,
    });
    undo('compute', `/os-server-groups/${group.id}`);
    const net = await network.request('POST', '/networks', {
      body: { network: { name } },
      schema: z.object({ network: networkSchema }),
      signal,
    });
    undo('network', `/networks/${net.network.id}`);
    const subnet = { network_id: net.network.id, ip_version: 4, cidr: '172.16.18.0/24' };
    const pools = { allocation_pools: [{ start: '172.16.18.100', end: '172.16.18.200' }] };
    await network.send('POST', '/subnets', { body: { subnet: { ...subnet, ...pools } }, signal });
    const { port } = await network.request('POST', '/ports', {
      body: {
        port: {
          network_id: net.network.id,
          fixed_ips: [{ ip_address: '172.16.18.2' }],
          mac_address: '52:54:00:10:02:02',
        },
      },
      schema: z.object({ port: portSchema }),
      signal,
    });
    undo('network', `/ports/${port.id}`);
    const images = await cloud
      .service('image')
      .list('/images', 'images', { schema: imageSchema, query: { visibility: 'public' }, signal });
    const image = images[0];
    const flavors = await compute.list('/flavors/detail', 'flavors', { schema: flavorSchema, signal });
    const flavor = flavors
      .filter(({ ram, disk }) => ram >= (image?.min_ram ?? 0) && disk >= (image?.min_disk ?? 0) && disk > 0)
      .toSorted((one, another) => one.ram - another.ram)[0];
    const server = {
      name,
      flavorRef: flavor?.id,
      imageRef: image?.id,
      key_name: name,
      metadata: { slice: '1' },
      tags: ['a'],
    };
    const hints = { 'os:scheduler_hints': { group: group.id } };
    const on = { networks: [{ port: port.id }], config_drive: true, user_data: 'IyEvYmluL3NoCg==' };
    const body = { server: { ...server, ...on }, ...hints };
    const made = await compute.request('POST', '/servers', { body, schema: createdServerSchema, signal });
    const path = `/servers/${made.server.id}`;
    undo('compute', path);
    const active = await untilServer(cloud, path, ({ status }) => status !== 'BUILD');
    const taken = { server: { ...server, name: `${name}-taken`, networks: [{ port: port.id }] } };
    t.match(await refusal(cloud, 'compute', 'POST', '/servers', { body: taken }), {
      status: /^(400|409)$/,
      reason: /in use/,
    });
    t.match(active, {
      name,
      status: 'ACTIVE',
      metadata: { slice: '1' },
      tags: ['a'],
      key_name: name,
      tenant_id: cloud.projectId,
    });
    t.match(active, {
      flavor: { original_name: flavor?.name, ram: flavor?.ram },
      server_groups: [group.id],
      image: { id: image?.id },
    });
    t.match(active.addresses[name], [
      { addr: '172.16.18.2', version: 4, 'OS-EXT-IPS-MAC:mac_addr': '52:54:00:10:02:02' },
    ]);
    const interfaces = await compute.list(`${path}/os-interface`, 'interfaceAttachments', {
      schema: interfaceAttachmentSchema,
      signal,
    });
    t.match(interfaces, [{ port_id: port.id, mac_addr: '52:54:00:10:02:02' }]);
    const listed = await compute.list('/servers/detail', 'servers', {
      schema: serverSchema,
      query: { tags: 'a', name: `^${name}$` },
      signal,
    });
    t.strictSame(
      listed.map(({ id }) => id),
      [active.id],
    );
    t.match(await refusal(cloud, 'compute', 'GET', '/servers/detail', { query: { slice: '1' } }), { status: 400 });
    if (other) t.match(await refusal(other, 'compute', 'DELETE', path), { status: 404 });

    const second = { server: { ...server, name: `${name}-second`, networks: 'none' }, ...hints };
    const crowded = await compute.request('POST', '/servers', { body: second, schema: createdServerSchema, signal });
    undo('compute', `/servers/${crowded.server.id}`);
    // A cloud with one host has no other place; one with more builds it.
    const failed = await untilServer(cloud, `/servers/${crowded.server.id}`, ({ status }) => status !== 'BUILD');
    t.match(failed.status === 'ERROR' ? failed.fault : { message: 'No valid host' }, { message: /No valid host/ });

    await compute.send('POST', `${path}/action`, { body: { 'os-stop': null }, signal });
    const off = await untilServer(cloud, path, ({ status }) => status === 'SHUTOFF');
    t.equal(off['OS-EXT-STS:power_state'], 4);
    t.match(await refusal(cloud, 'compute', 'POST', `${path}/action`, { body: { 'os-stop': null } }), {
      status: 409,
      type: 'conflictingRequest',
    });
    await compute.send('POST', `${path}/action`, { body: { 'os-start': null }, signal });
    await untilServer(cloud, path, ({ status }) => status === 'ACTIVE');
    if (guests) {
      const options = { body: { 'os-getConsoleOutput': { length: 50 } }, schema: consoleOutputSchema, signal };
      t.type((await compute.request('POST', `${path}/action`, options)).output, 'string');
    }
    await compute.send('DELETE', path, { signal });
    await until(async () => (await refusal(cloud, 'compute', 'GET', path).catch(() => null))?.status === 404);
    const left = await network.request('GET', `/ports/${port.id}`, { schema: z.object({ port: portSchema }), signal });
    t.match(left.port, { device_id: '', device_owner: '' }, 'the port is there for the next one');
  });

  void t.test('what cannot be built is refused, and what is beyond the quota', async (t) => {
    const { cloud } = await open(t);
    const { compute, image } = services(cloud);
    const images = await image.list('/images', 'images', {
      schema: imageSchema,
      query: { visibility: 'public' },
      signal,
    });
    const flavors = await compute.list('/flavors/detail', 'flavors', { schema: flavorSchema, signal });
    const server = {
      name: prefix,
      flavorRef: flavors.find(({ disk }) => disk > 0)?.id,
      imageRef: images[0]?.id,
      networks: 'none',
    };
    const wrong: readonly [object, RegExp][] = [
      [{ ...server, flavorRef: 'none' }, /Flavor none could not be found/],
      [{ ...server, imageRef: randomUUID() }, /Can not find requested image/],
      [{ ...server, key_name: prefix }, /Invalid key_name/],
      [{ ...server, networks: [{ port: randomUUID() }] }, /could not be found/],
      [{ ...server, networks: undefined }, /networks/],
      [{ ...server, availability_zone: prefix }, /availability zone/],
    ];
    for (const [body, reason] of wrong) {
      t.match(await refusal(cloud, 'compute', 'POST', '/servers', { body: { server: body } }), {
        status: 400,
        type: 'badRequest',
        reason,
      });
    }
    const { limits } = await cloud.service('volume').request('GET', '/limits', { schema: volumeLimitsSchema, signal });
    const size = limits.absolute.maxTotalVolumeGigabytes + 1;
    if (size === 0) return;
    t.match(await refusal(cloud, 'volume', 'POST', '/volumes', { body: { volume: { size } } }), {
      status: 413,
      type: 'overLimit',
    });
  });

  void t.test('a volume is made and goes', async (t) => {
    const { cloud } = await open(t);
    const { volume } = services(cloud);
    const one = z.object({ volume: volumeSchema });
    const name = `${prefix}-disk`;
    const made = await volume.request('POST', '/volumes', {
      body: { volume: { name, size: 1, metadata: { slice: '1' } } },
      schema: one,
      signal,
    });
    const path = `/volumes/${made.volume.id}`;
    const read = async () => (await volume.request('GET', path, { schema: one, signal })).volume;
    await until(async () => (await read()).status !== 'creating');
    t.match(await read(), { name, status: 'available', size: 1, metadata: { slice: '1' }, attachments: [] });
    await volume.send('DELETE', path, { signal });
    await until(async () => (await refusal(cloud, 'volume', 'GET', path).catch(() => null))?.status === 404);
  });

  void t.test('an image is made, given its bytes once, and goes', async (t) => {
    const { cloud } = await open(t);
    const { image } = services(cloud);
    const undo = createUndo(t, cloud);
    const about = {
      name: `${prefix}-image`,
      disk_format: 'raw',
      container_format: 'bare',
      virtbs_digest: prefix,
      tags: ['a'],
    };
    const made = await image.request('POST', '/images', { body: about, schema: imageSchema, signal });
    const path = `/images/${made.id}`;
    undo('image', path);
    t.match(made, { status: 'queued', size: null, virtbs_digest: prefix, tags: ['a'] });
    const bytes = Buffer.alloc(3_000_000, 'virtbs');
    const chunks = async function* () {
      for (let start = 0; start < bytes.length; start += 65_536) yield bytes.subarray(start, start + 65_536);
    };
    await image.upload(`${path}/file`, chunks(), { bytes: bytes.length, signal });
    const digest = createHash('sha512').update(bytes).digest('hex');
    t.match(await image.request('GET', path, { schema: imageSchema, signal }), {
      status: 'active',
      size: bytes.length,
      os_hash_algo: 'sha512',
      os_hash_value: digest,
    });
    const again = image.upload(`${path}/file`, chunks(), { bytes: bytes.length, signal });
    const error = await again.catch((thrown: unknown) => thrown);
    t.ok(isCloudError(error, 409));
    const found = await image.list('/images', 'images', {
      schema: imageSchema,
      query: { virtbs_digest: prefix, tag: 'a' },
      signal,
    });
    t.strictSame(
      found.map(({ id }) => id),
      [made.id],
    );
    t.strictSame(
      await image.list('/images', 'images', { schema: imageSchema, query: { virtbs_digest: 'x' }, signal }),
      [],
    );
    const [shared] = await image.list('/images', 'images', {
      schema: imageSchema,
      query: { visibility: 'public' },
      signal,
    });
    t.match(await refusal(cloud, 'image', 'DELETE', `/images/${shared?.id}`), { status: 403 });
  });
}

function services(cloud: Cloud) {
  const [compute, network] = [cloud.service('compute'), cloud.service('network')];
  return { compute, network, image: cloud.service('image'), volume: cloud.service('volume') };
}

type RefusalOptions = Partial<
  Pick<Parameters<ReturnType<Cloud['service']>['send']>[2], 'body' | 'query' | 'microversion'>
>;

/** The refusal that a request must end with. */
async function refusal(cloud: Cloud, service: ServiceType, method: Method, path: string, options: RefusalOptions = {}) {
  try {
    await cloud.service(service).send(method, path, { ...options, signal });
  } catch (error) {
    if (isCloudError(error)) return error;
    throw error;
  }
  throw new Error(`${method} ${path} was carried out`);
}

/** Takes away what was made, the last first; what is gone or never was is done. */
function createUndo(t: Test, cloud: Cloud): (service: ServiceType, path: string, body?: object) => void {
  const steps: (() => Promise<unknown>)[] = [];
  t.teardown(async () => {
    for (const step of steps.toReversed()) await step();
  });
  return (service, path, body) => {
    const gone = async (): Promise<boolean> => {
      try {
        await cloud.service(service).send(body ? 'PUT' : 'DELETE', path, { body, signal });
        return service !== 'compute' || !path.startsWith('/servers/');
      } catch (error) {
        if (isCloudError(error, 404)) return true;
        // In use by what is just going.
        if (isCloudError(error, 409)) return false;
        throw error;
      }
    };
    steps.push(() => until(gone));
  };
}

async function untilServer(cloud: Cloud, path: string, isDone: (server: Server) => boolean): Promise<Server> {
  let server: Server | undefined;
  await until(async () => {
    const schema = z.object({ server: serverSchema });
    ({ server } = await cloud.service('compute').request('GET', path, { schema, signal }));
    return isDone(server);
  });
  if (!server) throw new Error('the server was not read');
  return server;
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE; !(await isDone()); await sleep(100)) {
    if (Date.now() > end) throw new Error('not done in time');
  }
}
