import { createHash, randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import * as z from 'zod';
import { flavorSchema, imageSchema, serverGroupSchema } from '../../src/driver/openstack/resources.js';
import { isCloudError } from '../../src/openstack/cloud-error.js';
import type { ServiceType } from '../../src/openstack/cloud.js';
import { createUndo, refusal, services, until, type OpenBench } from './contract/contract-bench.js';
import {
  availabilityZoneSchema,
  computeLimitsSchema,
  extensionSchema,
  networkQuotaSchema,
  securityGroupSchema,
  serverSchema,
  volumeLimitsSchema,
  volumeSchema,
} from './contract/contract-resources.js';
import { testNetworkContract } from './contract/network-contract.js';
import { testServerContract } from './contract/server-contract.js';

const signal = new AbortController().signal;
const idSchema = z.object({ id: z.string() });

/**
 * What the driver relies on: that answers are as the schemas have them, and that what is in use is refused in the way that
 * is looked for. The cloud in memory and a real one pass the same; what is made goes, and has a name that nobody else has.
 */
export function testClientContract(t: Test, open: OpenBench): void {
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
    t.ok((await volume.list('/types', 'volume_types', { schema: idSchema, signal })).length > 0);
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

  testNetworkContract(t, open, prefix);
  testServerContract(t, open, prefix);
}
