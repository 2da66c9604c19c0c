import type { Test } from 'tap';
import * as z from 'zod';
import {
  flavorSchema,
  imageSchema,
  keypairSchema,
  networkSchema,
  serverGroupSchema,
} from '../../../src/driver/openstack/resources.js';
import { createUndo, refusal, services, until, untilServer, type OpenBench } from './contract-bench.js';
import { interfaceAttachmentSchema, portSchema, serverSchema } from './contract-resources.js';

const signal = new AbortController().signal;
const createdSchema = z.object({ server: z.object({ id: z.string() }) });
const consoleSchema = z.object({ output: z.string() });
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKnlDTiqJDCVDJTHRoX1hSGQkiGjMSGgqxCeUcLOWqhc x';

/** The life of a server, from its port to its end. */
export function testServerContract(t: Test, open: OpenBench, prefix: string): void {
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
    const made = await compute.request('POST', '/servers', { body, schema: createdSchema, signal });
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
    const crowded = await compute.request('POST', '/servers', { body: second, schema: createdSchema, signal });
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
      const options = { body: { 'os-getConsoleOutput': { length: 50 } }, schema: consoleSchema, signal };
      t.type((await compute.request('POST', `${path}/action`, options)).output, 'string');
    }
    await compute.send('DELETE', path, { signal });
    await until(async () => (await refusal(cloud, 'compute', 'GET', path).catch(() => null))?.status === 404);
    const left = await network.request('GET', `/ports/${port.id}`, { schema: z.object({ port: portSchema }), signal });
    t.match(left.port, { device_id: '', device_owner: '' }, 'the port is there for the next one');
  });
}
