import { randomUUID } from 'node:crypto';
import {
  FakeRefusal,
  filterBy,
  mapAt,
  pageOf,
  type FakeAnswer,
  type FakeRequest,
  type FakeRoute,
} from './fake-request.js';

type Volume = Record<string, unknown> & { readonly id: string; readonly project: string; readonly size: number };

/** Cinder in memory; every step of a volume takes as long as those of servers. */
export class FakeVolumes {
  readonly volumes: Volume[] = [];
  readonly snapshots: Volume[] = [];
  readonly quotas = { volumes: 10, gigabytes: 1000 };
  readonly #stepMilliseconds: () => number;

  constructor(stepMilliseconds: () => number) {
    this.#stepMilliseconds = stepMilliseconds;
  }

  routes(): readonly FakeRoute[] {
    return [
      ['GET', /^\/limits$/, (request) => this.#limits(request)],
      [
        'GET',
        /^\/types$/,
        () => ({ status: 200, body: { volume_types: [{ id: '1', name: 'nfs', is_public: true }] } }),
      ],
      ['GET', /^\/volumes(?:\/detail)?$/, (request) => this.#list(request)],
      ['POST', /^\/volumes$/, (request) => this.#create(request)],
      [
        'GET',
        /^\/volumes\/([^/]+)$/,
        (request, id) => ({ status: 200, body: { volume: shown(this.#find(request, id)) } }),
      ],
      ['DELETE', /^\/volumes\/([^/]+)$/, (request, id) => this.#delete(request, id)],
      ['GET', /^\/snapshots(?:\/detail)?$/, (request) => this.#listSnapshots(request)],
      ['POST', /^\/snapshots$/, (request) => this.#createSnapshot(request)],
      [
        'GET',
        /^\/snapshots\/([^/]+)$/,
        (request, id) => ({ status: 200, body: { snapshot: shown(this.#findSnapshot(request, id)) } }),
      ],
      ['DELETE', /^\/snapshots\/([^/]+)$/, (request, id) => this.#deleteSnapshot(request, id)],
      ['POST', /^\/volumes\/([^/]+)\/metadata$/, (request, id) => this.#setMetadata(request, id)],
    ];
  }

  /** A volume that a server boots from; made with it. */
  make(project: string, size: number, serverId: string): Volume {
    const volume = this.#add(project, { size, name: '', status: 'in-use' });
    volume['attachments'] = [{ server_id: serverId, device: '/dev/vda' }];
    return volume;
  }

  attach(project: string, id: unknown, serverId: string): Volume {
    const volume = this.volumes.find((one) => one.id === id && one.project === project);
    if (!volume)
      throw new FakeRefusal(400, {
        badRequest: { code: 400, message: `Block Device Mapping is Invalid: failed to get volume ${String(id)}.` },
      });
    Object.assign(volume, { status: 'in-use', attachments: [{ server_id: serverId, device: '/dev/vda' }] });
    return volume;
  }

  attached(serverId: string): readonly Volume[] {
    return this.volumes.filter((volume) =>
      (volume['attachments'] as { server_id: string }[]).some((attachment) => attachment.server_id === serverId),
    );
  }

  detach(serverId: string, isKept: (volume: Volume) => boolean): void {
    for (const volume of [...this.volumes]) {
      const [attachment] = volume['attachments'] as { server_id: string }[];
      if (attachment?.server_id !== serverId) continue;
      // One that has snapshots cannot be deleted.
      if (isKept(volume) || this.#hasSnapshots(volume)) Object.assign(volume, { status: 'available', attachments: [] });
      else this.volumes.splice(this.volumes.indexOf(volume), 1);
    }
  }

  #add(project: string, properties: Record<string, unknown> & { size: number }): Volume {
    const volume: Volume = {
      id: randomUUID(),
      name: null,
      description: null,
      volume_type: 'nfs',
      bootable: 'imageRef' in properties ? 'true' : 'false',
      availability_zone: 'nova',
      metadata: {},
      attachments: [],
      created_at: new Date().toISOString().replace('Z', '000'),
      ...properties,
      project,
    };
    this.volumes.push(volume);
    return volume;
  }

  #find({ projectId }: FakeRequest, id: string | undefined): Volume {
    const found = this.volumes.find((volume) => volume.id === id && volume.project === projectId);
    if (!found) throw refuse('itemNotFound', 404, `Volume ${id} could not be found.`);
    return found;
  }

  #list(request: FakeRequest): FakeAnswer {
    const own = this.volumes.filter(({ project }) => project === request.projectId).map(shown);
    const items = filterBy(request.query, own);
    return pageOf(request, items, { key: 'volumes', link: (href) => ({ volumes_links: [{ rel: 'next', href }] }) });
  }

  #create({ body, projectId }: FakeRequest): FakeAnswer {
    const wanted = mapAt(body, 'volume');
    const size = Number(wanted['size']);
    const used = this.#used(projectId);
    if (used.volumes >= this.quotas.volumes) {
      throw refuse(
        'overLimit',
        413,
        `VolumeLimitExceeded: Maximum number of volumes allowed (${this.quotas.volumes}) exceeded for quota 'volumes'.`,
      );
    }
    if (used.gigabytes + size > this.quotas.gigabytes) {
      throw refuse(
        'overLimit',
        413,
        `VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested ${size}G, quota is ${this.quotas.gigabytes}G and ${used.gigabytes}G has been consumed.`,
      );
    }
    const volume = this.#add(projectId, { ...wanted, size, status: 'creating' });
    this.#later(() => (volume['status'] = 'available'));
    return { status: 202, body: { volume: shown(volume) } };
  }

  #delete(request: FakeRequest, id: string | undefined): FakeAnswer {
    const volume = this.#find(request, id);
    const { status } = volume;
    if ((status !== 'available' && status !== 'error') || this.#hasSnapshots(volume)) {
      throw refuse(
        'badRequest',
        400,
        `Invalid volume: Volume status must be available or error or error_restoring or error_extending or error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.`,
      );
    }
    volume['status'] = 'deleting';
    this.#later(() => this.volumes.splice(this.volumes.indexOf(volume), 1));
    return { status: 202 };
  }

  #hasSnapshots({ id }: Volume): boolean {
    return this.snapshots.some((snapshot) => snapshot['volume_id'] === id);
  }

  #findSnapshot({ projectId }: FakeRequest, id: string | undefined): Volume {
    const found = this.snapshots.find((snapshot) => snapshot.id === id && snapshot.project === projectId);
    if (!found) throw refuse('itemNotFound', 404, `Snapshot ${id} could not be found.`);
    return found;
  }

  #listSnapshots(request: FakeRequest): FakeAnswer {
    const own = this.snapshots.filter(({ project }) => project === request.projectId).map(shown);
    const items = filterBy(request.query, own);
    return pageOf(request, items, { key: 'snapshots', link: (href) => ({ snapshots_links: [{ rel: 'next', href }] }) });
  }

  #createSnapshot(request: FakeRequest): FakeAnswer {
    const wanted = mapAt(request.body, 'snapshot');
    const volume = this.#find(request, String(wanted['volume_id']));
    const snapshot: Volume = {
      ...wanted,
      id: randomUUID(),
      project: request.projectId,
      size: volume.size,
      status: 'creating',
    };
    this.snapshots.push(snapshot);
    this.#later(() => (snapshot['status'] = 'available'));
    return { status: 202, body: { snapshot: shown(snapshot) } };
  }

  #deleteSnapshot(request: FakeRequest, id: string | undefined): FakeAnswer {
    const snapshot = this.#findSnapshot(request, id);
    snapshot['status'] = 'deleting';
    this.#later(() => this.snapshots.splice(this.snapshots.indexOf(snapshot), 1));
    return { status: 202 };
  }

  #setMetadata(request: FakeRequest, id: string | undefined): FakeAnswer {
    const volume = this.#find(request, id);
    volume['metadata'] = { ...(volume['metadata'] as object), ...mapAt(request.body, 'metadata') };
    return { status: 200, body: { metadata: volume['metadata'] } };
  }

  #limits({ projectId }: FakeRequest): FakeAnswer {
    const { volumes, gigabytes } = this.#used(projectId);
    const absolute = {
      maxTotalVolumes: this.quotas.volumes,
      maxTotalVolumeGigabytes: this.quotas.gigabytes,
      maxTotalSnapshots: 10,
      totalVolumesUsed: volumes,
      totalGigabytesUsed: gigabytes,
      totalSnapshotsUsed: 0,
    };
    return { status: 200, body: { limits: { rate: [], absolute } } };
  }

  #later(work: () => void): void {
    setTimeout(work, this.#stepMilliseconds()).unref();
  }

  #used(projectId: string): { volumes: number; gigabytes: number } {
    const own = this.volumes.filter(({ project }) => project === projectId);
    return { volumes: own.length, gigabytes: own.reduce((sum, { size }) => sum + size, 0) };
  }
}

function shown(volume: Volume): Record<string, unknown> & { readonly id: string } {
  const { project: _, ...rest } = volume;
  return rest;
}

function refuse(type: string, code: number, message: string): FakeRefusal {
  return new FakeRefusal(code, { [type]: { code, message, ...(code === 413 && { retryAfter: '0' }) } });
}
