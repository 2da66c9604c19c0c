import { createHash, randomUUID } from 'node:crypto';
import type { FakeImages } from './fake-image.js';
import type { FakeNetwork } from './fake-network.js';
import type { FakeVolumes } from './fake-volume.js';
import {
  FakeRefusal,
  filterBy,
  mapAt,
  pageOf,
  textAt,
  type FakeAnswer,
  type FakeRequest,
  type FakeRoute,
} from './fake-request.js';

/**
 * What becomes of a server: it runs; it stays in BUILD; it is in ERROR with a fault; it runs and is never gone once it is
 * deleted.
 */
export type ServerFate = 'active' | 'stuck' | 'undeletable' | { readonly fault: string };

export interface FakeServer {
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
  readonly userId: string;
  readonly flavor: (typeof FLAVORS)[number];
  image: string | null;
  readonly keyName: string | null;
  readonly tags: readonly string[];
  readonly group: string | null;
  readonly zone: string;
  readonly created: string;
  readonly fate: ServerFate;
  /** Volumes that stay when it goes. */
  readonly keptVolumes: readonly string[];
  readonly request: Record<string, unknown>;
  metadata: Record<string, string>;
  status: string;
  task: string | null;
  fault: string | null;
  /** What it has written to its serial console; the end of it is kept. */
  console: string;
}

const FLAVORS = [
  { id: '1', name: 'm1.nano', ram: 128, vcpus: 1, disk: 1 },
  { id: '2', name: 'm1.tiny', ram: 192, vcpus: 1, disk: 1 },
  { id: '3', name: 'm1.small', ram: 256, vcpus: 1, disk: 2 },
  { id: '4', name: 'm1.medium', ram: 512, vcpus: 2, disk: 4 },
  { id: '5', name: 'm1.volume', ram: 192, vcpus: 1, disk: 0 },
];

const STATES: Readonly<Record<string, { vm: string; power: number }>> = {
  BUILD: { vm: 'building', power: 0 },
  ACTIVE: { vm: 'active', power: 1 },
  SHUTOFF: { vm: 'stopped', power: 4 },
  PAUSED: { vm: 'paused', power: 3 },
  REBUILD: { vm: 'active', power: 0 },
  REBOOT: { vm: 'active', power: 1 },
  HARD_REBOOT: { vm: 'active', power: 1 },
  ERROR: { vm: 'error', power: 0 },
};

export interface FakeNeighbours {
  readonly network: FakeNetwork;
  readonly images: FakeImages;
  readonly volumes: FakeVolumes;
}

/** Nova in memory; its servers go through their states by themselves. */
export class FakeCompute {
  readonly servers: FakeServer[] = [];
  readonly keypairs: { readonly userId: string; readonly name: string; readonly public_key: string }[] = [];
  readonly groups: {
    readonly id: string;
    readonly name: string;
    readonly policy: string;
    readonly projectId: string;
  }[] = [];
  readonly quotas = { instances: 10, cores: 20, ram: 51_200, key_pairs: 100, server_groups: 10 };
  readonly zones = ['nova'];
  /** How much of a console is kept; nova keeps 100 KiB. */
  consoleCharacters = 100 * 1024;
  /** From one state to the next; milliseconds. */
  stepMilliseconds = 20;
  /** Decides what becomes of the servers that are made from now on. */
  fate: (name: string) => ServerFate = () => 'active';
  /** Why servers do not come back from a rebuild; null where they do. */
  rebuildFault: (name: string) => string | null = () => null;
  /** Whether images of servers never get what is to be in them. */
  imagesFail = false;
  readonly #neighbours: FakeNeighbours;

  constructor(neighbours: FakeNeighbours) {
    this.#neighbours = neighbours;
  }

  routes(): readonly FakeRoute[] {
    const server =
      (work: (found: FakeServer, request: FakeRequest) => FakeAnswer) => (request: FakeRequest, id?: string) =>
        work(this.#find(request, id), request);
    return [
      ['GET', /^\/flavors(?:\/detail)?$/, (request) => pageOf(request, FLAVORS.map(flavorView), page('flavors'))],
      ['GET', /^\/flavors\/([^/]+)$/, (_, id) => this.#flavor(id)],
      ['GET', /^\/limits$/, (request) => this.#limits(request)],
      ['GET', /^\/os-availability-zone$/, () => this.#zones()],
      ['GET', /^\/os-keypairs$/, (request) => this.#listKeypairs(request)],
      ['POST', /^\/os-keypairs$/, (request) => this.#addKeypair(request)],
      ['GET', /^\/os-keypairs\/([^/]+)$/, (request, name) => ({ status: 200, body: this.#keypair(request, name) })],
      ['DELETE', /^\/os-keypairs\/([^/]+)$/, (request, name) => this.#removeKeypair(request, name)],
      ['GET', /^\/os-server-groups$/, (request) => this.#listGroups(request)],
      ['POST', /^\/os-server-groups$/, (request) => this.#addGroup(request)],
      ['DELETE', /^\/os-server-groups\/([^/]+)$/, (request, id) => this.#removeGroup(request, id)],
      ['GET', /^\/servers(?:\/detail)?$/, (request) => this.#list(request)],
      ['POST', /^\/servers$/, (request) => this.#create(request)],
      ['GET', /^\/servers\/([^/]+)$/, server((found) => ({ status: 200, body: { server: this.#view(found) } }))],
      ['DELETE', /^\/servers\/([^/]+)$/, server((found) => this.#delete(found))],
      ['POST', /^\/servers\/([^/]+)\/action$/, server((found, request) => this.#act(found, request))],
      ['POST', /^\/servers\/([^/]+)\/metadata$/, server((found, request) => this.#setMetadata(found, request))],
      ['POST', /^\/servers\/([^/]+)\/os-volume_attachments$/, server((found, request) => this.#attach(found, request))],
      [
        'DELETE',
        /^\/servers\/([^/]+)\/os-volume_attachments\/([^/]+)$/,
        (request, id, volume) => this.#release(this.#find(request, id), volume),
      ],
      ['GET', /^\/servers\/([^/]+)\/os-interface$/, server((found) => this.#interfaces(found))],
    ];
  }

  #find({ projectId }: FakeRequest, id: string | undefined): FakeServer {
    const found = this.servers.find((server) => server.id === id && server.projectId === projectId);
    if (!found) throw refuse('itemNotFound', 404, `Instance ${id} could not be found.`);
    return found;
  }

  #view(server: FakeServer): Record<string, unknown> & { readonly id: string } {
    const { id, flavor, status } = server;
    const state = STATES[status];
    const volumes = this.#neighbours.volumes.attached(id);
    const { id: _, name, ...size } = flavor;
    return {
      id,
      name: server.name,
      status,
      tenant_id: server.projectId,
      user_id: server.userId,
      metadata: server.metadata,
      image: server.image === null ? '' : { id: server.image, links: [] },
      flavor: { ...size, ephemeral: 0, swap: 0, original_name: name, extra_specs: {} },
      created: server.created,
      updated: server.created,
      addresses: status === 'BUILD' || status === 'ERROR' ? {} : this.#addresses(id),
      'OS-EXT-AZ:availability_zone': status === 'BUILD' ? '' : server.zone,
      'OS-EXT-STS:task_state': server.task,
      'OS-EXT-STS:vm_state': state?.vm ?? 'active',
      'OS-EXT-STS:power_state': state?.power ?? 0,
      'os-extended-volumes:volumes_attached': volumes.map((volume) => ({
        id: volume.id,
        delete_on_termination: false,
      })),
      key_name: server.keyName,
      tags: server.tags,
      description: null,
      ...(server.fault !== null && { fault: { code: 500, created: server.created, message: server.fault } }),
      server_groups: server.group === null ? [] : [server.group],
    };
  }

  #addresses(id: string): Record<string, unknown[]> {
    const { network } = this.#neighbours;
    const addresses: Record<string, unknown[]> = {};
    for (const port of network.portsOf(id)) {
      const list = (addresses[String(network.network(port['network_id'])?.['name'])] ??= []);
      const add = (addr: string, type: string): number =>
        list.push({
          version: addr.includes(':') ? 6 : 4,
          addr,
          'OS-EXT-IPS:type': type,
          'OS-EXT-IPS-MAC:mac_addr': port['mac_address'],
        });
      for (const { ip_address: address } of port['fixed_ips'] as { ip_address: string }[]) add(address, 'fixed');
      for (const floating of network.floatingIpsOf(port.id)) add(String(floating['floating_ip_address']), 'floating');
    }
    return addresses;
  }

  #list(request: FakeRequest): FakeAnswer {
    const { query, projectId } = request;
    for (const key of query.keys()) {
      if (!LIST_KEYS.has(key)) throw refuse('badRequest', 400, `'${key}' does not match any of the regexes: '^_'`);
    }
    const name = query.get('name');
    const rest = new URLSearchParams([...query].filter(([key]) => key !== 'name'));
    const own = this.servers.filter((server) => server.projectId === projectId);
    // A name is a regular expression there.
    const named = own.filter((server) => name === null || new RegExp(name).test(server.name));
    const items = filterBy(rest, named.map((server) => this.#view(server)).toReversed());
    return pageOf(request, items, page('servers'));
  }

  #create(request: FakeRequest): FakeAnswer {
    const { body, projectId, userId } = request;
    const wanted = mapAt(body, 'server');
    if (!('networks' in wanted))
      throw refuse('badRequest', 400, "Invalid input for field/attribute server. 'networks' is a required property");
    const flavor = FLAVORS.find(({ id }) => id === wanted['flavorRef']);
    if (!flavor) throw refuse('badRequest', 400, `Flavor ${String(wanted['flavorRef'])} could not be found.`);
    const image = textAt(wanted, 'imageRef') ?? '';
    if (image !== '' && !this.#neighbours.images.usable(projectId, image)) {
      throw refuse('badRequest', 400, 'Can not find requested image');
    }
    const keyName = textAt(wanted, 'key_name') ?? null;
    if (keyName !== null && !this.keypairs.some((key) => key.userId === userId && key.name === keyName)) {
      throw refuse('badRequest', 400, 'Invalid key_name provided.');
    }
    const zone = textAt(wanted, 'availability_zone');
    if (zone !== undefined && !this.zones.includes(zone)) {
      throw refuse('badRequest', 400, 'The requested availability zone is not available');
    }
    const group = textAt(mapAt(body, 'os:scheduler_hints'), 'group') ?? null;
    this.#assertQuota(projectId, flavor);
    const id = randomUUID();
    for (const one of networksOf(wanted)) this.#neighbours.network.assertFree(one);
    const name = textAt(wanted, 'name') ?? '';
    const server: FakeServer = {
      id,
      name,
      projectId,
      userId,
      flavor,
      image: image === '' ? null : image,
      keyName,
      tags: (wanted['tags'] as string[] | undefined) ?? [],
      group,
      zone: zone ?? this.zones[0] ?? 'nova',
      created: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      fate: this.#fate(name, group),
      keptVolumes: this.#attachVolumes(projectId, wanted, id),
      request: wanted,
      metadata: mapAt(wanted, 'metadata') as Record<string, string>,
      status: 'BUILD',
      task: 'scheduling',
      fault: null,
      console: `${name} login:\nlab: ready\n`,
    };
    this.servers.push(server);
    this.#later(() => this.#finish(server));
    return { status: 202, body: { server: { id, links: [], 'OS-DCF:diskConfig': 'MANUAL', adminPass: randomUUID() } } };
  }

  /** With one host, there is no place for a second server of a group that keeps its members apart. */
  #fate(name: string, group: string | null): ServerFate {
    const apart = this.groups.find(({ id }) => id === group)?.policy === 'anti-affinity';
    const crowded = apart && this.servers.some((server) => server.group === group);
    return crowded ? { fault: 'No valid host was found. There are not enough hosts available.' } : this.fate(name);
  }

  #finish(server: FakeServer): void {
    if (server.task === 'deleting') return;
    let fault = typeof server.fate === 'object' ? server.fate.fault : null;
    try {
      const { projectId, request, id } = server;
      if (fault === null) for (const one of networksOf(request)) this.#neighbours.network.attach(projectId, one, id);
    } catch {
      fault =
        'Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for instance.';
    }
    if (server.fate !== 'stuck')
      Object.assign(server, { status: fault === null ? 'ACTIVE' : 'ERROR', task: null, fault });
  }

  #attachVolumes(projectId: string, wanted: Record<string, unknown>, id: string): string[] {
    const devices = (wanted['block_device_mapping_v2'] ?? []) as Record<string, unknown>[];
    return devices.flatMap((device) => {
      if (device['destination_type'] !== 'volume') return [];
      const { volumes } = this.#neighbours;
      const volume =
        device['source_type'] === 'volume'
          ? volumes.attach(projectId, device['uuid'], id)
          : volumes.make(projectId, Number(device['volume_size']), id);
      return device['delete_on_termination'] === true ? [] : [volume.id];
    });
  }

  #delete(server: FakeServer): FakeAnswer {
    server.task = 'deleting';
    if (server.fate === 'undeletable') return { status: 204 };
    this.#later(() => {
      const index = this.servers.indexOf(server);
      if (index < 0) return;
      this.servers.splice(index, 1);
      this.#neighbours.network.detach(server.id);
      this.#neighbours.volumes.detach(server.id, ({ id }) => server.keptVolumes.includes(id));
    });
    return { status: 204 };
  }

  #act(server: FakeServer, { body, projectId, root }: FakeRequest): FakeAnswer {
    const [action = ''] = Object.keys(body);
    const refuseIn = (): FakeRefusal =>
      refuse(
        'conflictingRequest',
        409,
        `Cannot '${action.replace('os-', '')}' instance ${server.id} while it is in vm_state ${STATES[server.status]?.vm}`,
      );
    const step = (from: readonly string[], task: string, to: string): FakeAnswer => {
      if (!from.includes(server.status) || server.task !== null) throw refuseIn();
      server.task = task;
      this.#later(() => Object.assign(server, { status: to, task: null }));
      return { status: 202 };
    };
    switch (action) {
      case 'os-stop':
        return step(['ACTIVE'], 'powering-off', 'SHUTOFF');
      case 'os-start':
        return step(['SHUTOFF'], 'powering-on', 'ACTIVE');
      case 'pause':
        return step(['ACTIVE'], 'pausing', 'PAUSED');
      case 'unpause':
        return step(['PAUSED'], 'unpausing', 'ACTIVE');
      case 'reboot':
        return step(['ACTIVE', 'SHUTOFF'], 'rebooting', 'ACTIVE');
      case 'os-getConsoleOutput':
        if (server.status === 'BUILD') throw refuse('conflictingRequest', 409, `Instance ${server.id} is not ready`);
        return { status: 200, body: { output: server.console.slice(-this.consoleCharacters) } };
      case 'createImage': {
        if (!['ACTIVE', 'SHUTOFF', 'PAUSED'].includes(server.status) || server.task !== null) throw refuseIn();
        const image = this.#createImage(server, { projectId, wanted: mapAt(body, 'createImage') });
        return { status: 202, headers: { location: `${root}/images/${image.id}` }, body: { image_id: image.id } };
      }
      case 'rebuild': {
        const before = server.status;
        if (!['ACTIVE', 'SHUTOFF', 'ERROR'].includes(before) || server.task !== null) throw refuseIn();
        if (this.#neighbours.volumes.attached(server.id).some((volume) => volume['status'] !== 'in-use')) {
          throw refuse('badRequest', 400, "Invalid volume: status must be 'in-use'");
        }
        const image = textAt(mapAt(body, 'rebuild'), 'imageRef') ?? '';
        if (!this.#neighbours.images.usable(projectId, image)) throw refuse('badRequest', 400, 'Cannot find image');
        Object.assign(server, { status: 'REBUILD', task: 'rebuilding', image });
        this.#later(() => {
          const fault = this.rebuildFault(server.name);
          const status = fault === null ? (before === 'SHUTOFF' ? before : 'ACTIVE') : 'ERROR';
          Object.assign(server, { status, task: null, fault });
        });
        return { status: 202, body: { server: this.#view(server) } };
      }
      default:
        throw refuse('badRequest', 400, `There is no such action: ${action}`);
    }
  }

  /** The image says of itself what that of the server says, too, where nothing else is said. */
  #createImage(
    server: FakeServer,
    { projectId, wanted }: { readonly projectId: string; readonly wanted: Record<string, unknown> },
  ): { readonly id: string } {
    const { images } = this.#neighbours;
    const { id: base, ...inherited } = images.usable(projectId, server.image) ?? { id: null };
    const image = images.add(projectId, {
      ...inherited,
      ...mapAt(wanted, 'metadata'),
      name: wanted['name'],
      base_image_ref: base,
      image_type: 'snapshot',
      visibility: 'private',
      status: 'queued',
      size: null,
      disk_format: 'qcow2',
      container_format: 'bare',
    });
    server.task = 'image_uploading';
    this.#later(() => {
      server.task = null;
      if (this.imagesFail) return;
      Object.assign(image, { status: 'active', size: 1 });
    });
    return image;
  }

  #attach(server: FakeServer, { body, projectId }: FakeRequest): FakeAnswer {
    const { volumeId } = mapAt(body, 'volumeAttachment');
    const volume = this.#neighbours.volumes.attach(projectId, volumeId, server.id);
    volume['status'] = 'reserved';
    this.#later(() => (volume['status'] = 'in-use'));
    return { status: 200, body: { volumeAttachment: { volumeId: volume.id, serverId: server.id } } };
  }

  #release(server: FakeServer, id: string | undefined): FakeAnswer {
    const volume = this.#neighbours.volumes.attached(server.id).find((one) => one.id === id);
    if (!volume) throw refuse('itemNotFound', 404, `volume_id not found: ${id}`);
    this.#later(() => Object.assign(volume, { status: 'available', attachments: [] }));
    return { status: 202 };
  }

  #setMetadata(server: FakeServer, { body }: FakeRequest): FakeAnswer {
    server.metadata = { ...server.metadata, ...(mapAt(body, 'metadata') as Record<string, string>) };
    return { status: 200, body: { metadata: server.metadata } };
  }

  #interfaces(server: FakeServer): FakeAnswer {
    const interfaceAttachments = this.#neighbours.network.portsOf(server.id).map((port) => ({
      net_id: port['network_id'],
      port_id: port.id,
      mac_addr: port['mac_address'],
      port_state: port['status'],
      fixed_ips: port['fixed_ips'],
    }));
    return { status: 200, body: { interfaceAttachments } };
  }

  #flavor(id: string | undefined): FakeAnswer {
    const flavor = FLAVORS.find((known) => known.id === id);
    if (!flavor) throw refuse('itemNotFound', 404, `Flavor ${id} could not be found.`);
    return { status: 200, body: { flavor: flavorView(flavor) } };
  }

  #zones(): FakeAnswer {
    const availabilityZoneInfo = this.zones.map((zoneName) => ({
      zoneName,
      zoneState: { available: true },
      hosts: null,
    }));
    return { status: 200, body: { availabilityZoneInfo } };
  }

  #assertQuota(projectId: string, flavor: (typeof FLAVORS)[number]): void {
    const used = this.#used(projectId);
    const more = { instances: 1, cores: flavor.vcpus, ram: flavor.ram };
    for (const key of ['instances', 'cores', 'ram'] as const) {
      if (used[key] + more[key] <= this.quotas[key]) continue;
      const what = `Requested ${more[key]}, but already used ${used[key]} of ${this.quotas[key]} ${key}`;
      throw refuse('forbidden', 403, `Quota exceeded for ${key}: ${what}`);
    }
  }

  #used(projectId: string): { instances: number; cores: number; ram: number } {
    const own = this.servers.filter((server) => server.projectId === projectId);
    const sum = (of: (server: FakeServer) => number): number => own.reduce((total, server) => total + of(server), 0);
    return { instances: own.length, cores: sum(({ flavor }) => flavor.vcpus), ram: sum(({ flavor }) => flavor.ram) };
  }

  #limits({ projectId }: FakeRequest): FakeAnswer {
    const used = this.#used(projectId);
    const absolute = {
      maxTotalInstances: this.quotas.instances,
      maxTotalCores: this.quotas.cores,
      maxTotalRAMSize: this.quotas.ram,
      maxServerMeta: 128,
      maxTotalKeypairs: this.quotas.key_pairs,
      maxServerGroups: this.quotas.server_groups,
      maxServerGroupMembers: 10,
      totalRAMUsed: used.ram,
      totalCoresUsed: used.cores,
      totalInstancesUsed: used.instances,
      totalServerGroupsUsed: this.groups.filter((group) => group.projectId === projectId).length,
    };
    return { status: 200, body: { limits: { rate: [], absolute } } };
  }

  #listKeypairs({ userId }: FakeRequest): FakeAnswer {
    const keypairs = this.keypairs.filter((key) => key.userId === userId).map(keypairView);
    return { status: 200, body: { keypairs } };
  }

  #addKeypair({ body, userId }: FakeRequest): FakeAnswer {
    const wanted = mapAt(body, 'keypair');
    const [name, key] = [textAt(wanted, 'name') ?? '', textAt(wanted, 'public_key') ?? ''];
    if (!/^ssh-\S+ [A-Za-z0-9+/=]+/.test(key)) {
      throw refuse('badRequest', 400, 'Keypair data is invalid: failed to generate fingerprint');
    }
    if (this.keypairs.some((known) => known.userId === userId && known.name === name)) {
      throw refuse('conflictingRequest', 409, `Key pair '${name}' already exists.`);
    }
    const keypair = { userId, name, public_key: key };
    this.keypairs.push(keypair);
    return { status: 201, body: keypairView(keypair) };
  }

  #keypair({ userId }: FakeRequest, name: string | undefined): unknown {
    const found = this.keypairs.find((key) => key.userId === userId && key.name === name);
    if (!found) throw refuse('itemNotFound', 404, `Keypair ${name} not found for user ${userId}`);
    return keypairView(found);
  }

  #removeKeypair(request: FakeRequest, name: string | undefined): FakeAnswer {
    this.#keypair(request, name);
    const index = this.keypairs.findIndex((key) => key.userId === request.userId && key.name === name);
    this.keypairs.splice(index, 1);
    return { status: 204 };
  }

  #listGroups({ projectId }: FakeRequest): FakeAnswer {
    const groups = this.groups.filter((group) => group.projectId === projectId);
    return { status: 200, body: { server_groups: groups.map((group) => this.#groupView(group)) } };
  }

  #groupView({ projectId, ...group }: FakeCompute['groups'][number]): unknown {
    const members = this.servers.filter((server) => server.group === group.id).map(({ id }) => id);
    return { ...group, rules: {}, members, project_id: projectId };
  }

  #addGroup({ body, projectId }: FakeRequest): FakeAnswer {
    const wanted = mapAt(body, 'server_group');
    const used = this.groups.filter((group) => group.projectId === projectId).length;
    if (used >= this.quotas.server_groups) throw refuse('forbidden', 403, 'Quota exceeded, too many server groups.');
    const group = { id: randomUUID(), name: String(wanted['name']), policy: String(wanted['policy']), projectId };
    this.groups.push(group);
    return { status: 200, body: { server_group: this.#groupView(group) } };
  }

  #removeGroup({ projectId }: FakeRequest, id: string | undefined): FakeAnswer {
    const index = this.groups.findIndex((group) => group.id === id && group.projectId === projectId);
    if (index < 0) throw refuse('itemNotFound', 404, `Instance group ${id} could not be found.`);
    this.groups.splice(index, 1);
    return { status: 204 };
  }

  #later(work: () => void): void {
    setTimeout(work, this.stepMilliseconds).unref();
  }
}

const LIST_KEYS = new Set([
  'limit',
  'marker',
  'name',
  'status',
  'tags',
  'not-tags',
  'all_tenants',
  'sort_key',
  'sort_dir',
  'changes-since',
]);

function page(key: string) {
  return { key, link: (href: string) => ({ [`${key}_links`]: [{ rel: 'next', href }] }) };
}

function networksOf(server: Readonly<Record<string, unknown>>): readonly Record<string, unknown>[] {
  const { networks } = server;
  return Array.isArray(networks) ? (networks as Record<string, unknown>[]) : [];
}

function flavorView(flavor: (typeof FLAVORS)[number]) {
  return {
    ...flavor,
    swap: 0,
    'OS-FLV-EXT-DATA:ephemeral': 0,
    'OS-FLV-DISABLED:disabled': false,
    'os-flavor-access:is_public': true,
    extra_specs: {},
    description: null,
  };
}

function keypairView({ name, public_key: key, userId }: FakeCompute['keypairs'][number]): unknown {
  const digest = createHash('md5')
    .update(Buffer.from(key.split(' ')[1] ?? '', 'base64'))
    .digest('hex');
  const fingerprint = digest.replaceAll(/(..)(?=.)/g, '$1:');
  return { keypair: { name, public_key: key, fingerprint, type: 'ssh', user_id: userId } };
}

function refuse(type: string, code: number, message: string): FakeRefusal {
  return new FakeRefusal(code, { [type]: { code, message } });
}
