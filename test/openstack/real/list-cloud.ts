import { env } from 'node:process';
import * as z from 'zod';
import type { Cloud, ServiceType } from '../../../src/openstack/cloud.js';
import { openCloud } from '../../../src/openstack/open-cloud.js';

const { signal } = new AbortController();

const LISTS: readonly (readonly [ServiceType, string, string])[] = [
  ['compute', '/servers', 'servers'],
  ['compute', '/os-keypairs', 'keypairs'],
  ['compute', '/os-server-groups', 'server_groups'],
  ['network', '/networks', 'networks'],
  ['network', '/subnets', 'subnets'],
  ['network', '/ports', 'ports'],
  ['network', '/routers', 'routers'],
  ['network', '/security-groups', 'security_groups'],
  ['network', '/security-group-rules', 'security_group_rules'],
  ['network', '/floatingips', 'floatingips'],
  ['image', '/images', 'images'],
  ['volume', '/volumes', 'volumes'],
  ['volume', '/snapshots', 'snapshots'],
];

/** The variables of the lab's second tenant. */
export const OTHER_TENANT = { ...env, OS_CLOUD: '', OS_USERNAME: 'other', OS_PROJECT_NAME: 'other' };

export async function withCloud<T>(work: (cloud: Cloud) => Promise<T>, environment = env): Promise<T> {
  await using cloud = await openCloud({ environment, emit: () => undefined, signal });
  return await work(cloud);
}

/** Everything that a project's lists have, by list: what the same lists have later can be compared with it. */
export async function listCloud(environment = env): Promise<Readonly<Record<string, readonly string[]>>> {
  return await withCloud(async (cloud) => {
    const lists = LISTS.map(async ([type, path, key]) => {
      if (!cloud.has(type)) return [key, []] as const;
      const items = await cloud.service(type).list(path, key, { schema: z.looseObject({}), signal });
      return [key, items.map(describe).sort()] as const;
    });
    return Object.fromEntries(await Promise.all(lists));
  }, environment);
}

/** Removes the images that were copied to the cloud: a wipe leaves them for the next slice. */
export async function removeCopies(): Promise<void> {
  await withCloud(async (cloud) => {
    const schema = z.looseObject({ id: z.string() });
    const images = await cloud.service('image').list('/images', 'images', { schema, signal });
    for (const { id, virtbs_build } of images) {
      if (virtbs_build !== undefined) await cloud.service('image').send('DELETE', `/images/${id}`, { signal });
    }
  });
}

function describe(item: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([item['id'], item['name'], item['keypair']]);
}
