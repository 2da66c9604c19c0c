import * as z from 'zod';
import type { Seed } from '../../seed/seed.js';
import type { NetworkPlan, VmPlan } from '../../plan/plan.js';
import type { ServerSettings } from './openstack-settings.js';
import { MARK_KEY, writeMark, type Mark } from './mark.js';
import type { Site } from './site.js';
import { vmMetadata } from './vm-record.js';

/** Host names apart from the servers' names. Source: nova's "REST API Version History", 2.90 */
const HOSTNAMES = '2.90';
/** The microversion since which a request for a server without NICs says so in words. */
const NO_NETWORKS = '2.37';
/** A member of the request beside the server. */
const HINTS = 'os:scheduler_hints';

export interface ServerRequest {
  readonly vm: VmPlan;
  readonly mark: Mark;
  readonly seed: Seed;
  readonly settings: ServerSettings;
  readonly flavor: string;
  /** The image of its first disk; null where that is a volume. */
  readonly image: string | null;
  /** `SLOT/BUILD` */
  readonly imageName: string | null;
  readonly ports: readonly string[];
  /** Networks of the server that are not the slice's own. */
  readonly existing: readonly NetworkPlan[];
  /** Block devices, as the compute API takes them in block_device_mapping_v2. */
  readonly blockDevices: readonly object[];
  readonly keypair: string | null;
  readonly zone: string | undefined;
  /** The id of its server group. */
  readonly group: string | undefined;
  readonly signal: AbortSignal;
}

/** Asks for a server, and gives its id at once. Source: https://docs.openstack.org/api-ref/compute/#create-server */
export async function createServer({ cloud }: Site, request: ServerRequest): Promise<string> {
  const { vm, seed, settings, image, ports, blockDevices, keypair, zone, group, signal } = request;
  const compute = cloud.service('compute');
  const local = image !== null && blockDevices.length > 0 ? [localDisk(image)] : [];
  const devices = [...local, ...blockDevices];
  const hostnames = await compute.speaks(HOSTNAMES, signal);
  const none = (await compute.speaks(NO_NETWORKS, signal)) ? 'none' : [];
  const { metadata: own, [HINTS]: more, ...args } = { metadata: {}, [HINTS]: {}, ...settings.serverArgs };
  const metadata = {
    ...settings.meta,
    ...(typeof own === 'object' ? own : {}),
    ...vmMetadata({ plan: vm, image: request.imageName, networks: request.existing }),
    [MARK_KEY]: writeMark(request.mark),
  };
  const server = {
    name: vm.domain,
    flavorRef: request.flavor,
    ...(image !== null && { imageRef: image }),
    ...(devices.length > 0 && { block_device_mapping_v2: devices }),
    networks: ports.length > 0 ? ports.map((port) => ({ port })) : none,
    ...(keypair !== null && { key_name: keypair }),
    ...(zone !== undefined && { availability_zone: zone }),
    ...(hostnames && { hostname: vm.hostname }),
    user_data: Buffer.from(seed.userData).toString('base64'),
    config_drive: true,
    ...args,
    metadata,
  };
  const hints = { ...(group !== undefined && { group }), ...(typeof more === 'object' ? more : {}) };
  const schema = z.object({ server: z.object({ id: z.string() }) });
  const { server: made } = await compute.request('POST', '/servers', {
    body: { server, [HINTS]: hints },
    schema,
    signal,
  });
  return made.id;
}

/** Beside other block devices the disk of the flavor has to be said, too. */
function localDisk(image: string): object {
  return { uuid: image, source_type: 'image', destination_type: 'local', boot_index: 0, delete_on_termination: true };
}
