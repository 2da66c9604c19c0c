import type { Test } from 'tap';
import * as z from 'zod';
import { MACHINE_CLOCK, type Clock } from '../../src/clock.js';
import { openDriver } from '../../src/driver/registry.js';
import type { Cloud } from '../../src/openstack/cloud.js';
import { isCloudError } from '../../src/openstack/cloud-error.js';
import { openCloud } from '../../src/openstack/open-cloud.js';
import { DEFAULT_OPENSTACK_SETTINGS } from '../../src/driver/openstack/openstack-settings.js';
import type { ContractWorld } from './contract.js';

const { signal } = new AbortController();
const named = z.object({ id: z.string(), name: z.string() });

/** A project of a cloud under test, to which the environment leads; images are copied to it, and VMs have their planned addresses. */
export function openStackWorld(
  t: Test,
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock = MACHINE_CLOCK,
): ContractWorld {
  const foreign: { servers: string[]; networks: string[] } = { servers: [], networks: [] };
  let opened: Promise<Cloud> | undefined;
  const withCloud = async <T>(work: (cloud: Cloud) => Promise<T>): Promise<T> => {
    opened ??= openCloud({ environment, clock, emit: () => undefined, signal });
    return await work(await opened);
  };
  t.teardown(async () => {
    const cloud = await opened;
    await cloud?.[Symbol.asyncDispose]();
  });
  return {
    open: (root) =>
      openDriver('openstack', {
        connect: '',
        root,
        environment,
        clock,
        settings: { ...DEFAULT_OPENSTACK_SETTINGS, access: 'direct', upload: true },
      }),
    async addForeignDomain(name) {
      foreign.servers.push(await withCloud((cloud) => createServer(cloud, name)));
    },
    async addForeignNetwork(name, cidr) {
      await withCloud(async (cloud) => {
        const service = cloud.service('network');
        const schema = z.object({ network: named });
        const { network } = await service.request('POST', '/networks', { body: { network: { name } }, schema, signal });
        foreign.networks.push(network.id);
        const subnet = { network_id: network.id, ip_version: 4, cidr, enable_dhcp: false };
        await service.send('POST', '/subnets', { body: { subnet }, signal });
      });
    },
    async removeForeign() {
      await withCloud(async (cloud) => {
        for (const id of foreign.servers.splice(0)) await removeServer(cloud, id);
        for (const id of foreign.networks.splice(0)) {
          await cloud.service('network').send('DELETE', `/networks/${id}`, { signal });
        }
      });
    },
    domainNames: () =>
      withCloud(async (cloud) => {
        const servers = await cloud.service('compute').list('/servers', 'servers', { schema: named, signal });
        return servers.map(({ name }) => name);
      }),
    networkNames: () =>
      withCloud(async (cloud) => {
        const networks = await cloud.service('network').list('/networks', 'networks', { schema: named, signal });
        return networks.map(({ name }) => name);
      }),
  };
}

/** A server of the first image and the smallest flavor, without networks. */
async function createServer(cloud: Cloud, name: string): Promise<string> {
  const compute = cloud.service('compute');
  const flavorSchema = z.object({ id: z.string(), ram: z.number(), disk: z.number() });
  const flavors = await compute.list('/flavors/detail', 'flavors', { schema: flavorSchema, signal });
  const [flavor] = flavors.filter(({ disk }) => disk > 0).sort((one, other) => one.ram - other.ram);
  const imageSchema = z.object({ id: z.string(), disk_format: z.string().nullable() });
  const images = await cloud.service('image').list('/images', 'images', { schema: imageSchema, signal });
  const image = images.find(({ disk_format }) => disk_format === 'qcow2');
  if (!flavor || !image) throw new Error('the cloud has no flavor or no image');
  const server = { name, flavorRef: flavor.id, imageRef: image.id, networks: 'none' };
  const schema = z.object({ server: z.object({ id: z.string() }) });
  return (await compute.request('POST', '/servers', { body: { server }, schema, signal })).server.id;
}

async function removeServer(cloud: Cloud, id: string): Promise<void> {
  const compute = cloud.service('compute');
  try {
    await compute.send('DELETE', `/servers/${id}`, { signal });
    for (;;) {
      await compute.request('GET', `/servers/${id}`, { schema: z.unknown(), signal });
      await cloud.clock.sleep(200, signal);
    }
  } catch (error) {
    if (!isCloudError(error, 404)) throw error;
  }
}
