import { createHash, randomUUID } from 'node:crypto';
import { FakeRefusal, filterBy, pageOf, type FakeAnswer, type FakeRequest, type FakeRoute } from './fake-request.js';

type Image = Record<string, unknown> & { readonly id: string; owner: string };

/** Glance in memory; of the bytes of an image it keeps the digest. */
export class FakeImages {
  readonly images: Image[] = [];

  constructor() {
    this.add('admin', {
      name: 'lab-linux',
      visibility: 'public',
      status: 'active',
      disk_format: 'qcow2',
      container_format: 'bare',
      os_distro: 'debian',
      size: 15_558_144,
      virtual_size: 50_331_648,
      min_disk: 1,
      min_ram: 128,
    });
  }

  add(owner: string, properties: Record<string, unknown>): Image {
    const id = randomUUID();
    const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const image: Image = {
      name: null,
      status: 'queued',
      visibility: 'shared',
      size: null,
      virtual_size: null,
      min_disk: 0,
      min_ram: 0,
      disk_format: null,
      container_format: null,
      checksum: null,
      os_hash_algo: null,
      os_hash_value: null,
      protected: false,
      os_hidden: false,
      tags: [],
      created_at: time,
      updated_at: time,
      ...properties,
      id,
      owner,
      self: `/v2/images/${id}`,
      file: `/v2/images/${id}/file`,
      schema: '/v2/schemas/image',
    };
    this.images.unshift(image);
    return image;
  }

  /** An image that the project may boot from. */
  usable(projectId: string, id: unknown): Image | undefined {
    return this.#visible(projectId).find((image) => image.id === id);
  }

  routes(): readonly FakeRoute[] {
    return [
      ['GET', /^\/images$/, (request) => this.#list(request)],
      ['POST', /^\/images$/, (request) => this.#create(request)],
      ['GET', /^\/images\/([^/]+)$/, (request, id) => ({ status: 200, body: this.#find(request, id) })],
      ['PATCH', /^\/images\/([^/]+)$/, (request, id) => this.#patch(request, id)],
      ['DELETE', /^\/images\/([^/]+)$/, (request, id) => this.#delete(request, id)],
      ['PUT', /^\/images\/([^/]+)\/file$/, (request, id) => this.#upload(request, id)],
    ];
  }

  #visible(projectId: string): Image[] {
    return this.images.filter(({ owner, visibility }) => owner === projectId || visibility === 'public');
  }

  #find({ projectId }: FakeRequest, id: string | undefined): Image {
    const found = this.usable(projectId, id);
    if (!found) throw refuse(404, 'Not Found', `No image found with ID ${id}`);
    return found;
  }

  #list(request: FakeRequest): FakeAnswer {
    const { query, projectId } = request;
    const tags = query.getAll('tag');
    const tagged = this.#visible(projectId).filter((image) =>
      tags.every((tag) => (image['tags'] as string[]).includes(tag)),
    );
    // A property that an image does not have is a filter too.
    const known = [...query.keys()].filter(
      (key) => !['limit', 'marker', 'tag', 'sort', 'sort_key', 'sort_dir'].includes(key),
    );
    const images = filterBy(query, tagged).filter((image) => known.every((key) => key in image));
    return pageOf(request, images, {
      key: 'images',
      link: (href) => ({ next: `/v2/images?${href.split('?')[1] ?? ''}` }),
    });
  }

  #create({ body, projectId }: FakeRequest): FakeAnswer {
    return { status: 201, body: this.add(projectId, body) };
  }

  #patch(request: FakeRequest, id: string | undefined): FakeAnswer {
    const image = this.#own(request, id);
    const operations = JSON.parse(request.bytes.toString()) as { op: string; path: string; value?: unknown }[];
    for (const { op, path, value } of operations) {
      const key = path.slice(1);
      if (op === 'remove') delete image[key];
      else image[key] = value;
    }
    return { status: 200, body: image };
  }

  #own(request: FakeRequest, id: string | undefined): Image {
    const image = this.#find(request, id);
    if (image.owner !== request.projectId)
      throw refuse(403, 'Forbidden', `You are not permitted to modify this image.`);
    return image;
  }

  #delete(request: FakeRequest, id: string | undefined): FakeAnswer {
    const image = this.#own(request, id);
    this.images.splice(this.images.indexOf(image), 1);
    return { status: 204 };
  }

  #upload(request: FakeRequest, id: string | undefined): FakeAnswer {
    const image = this.#own(request, id);
    if (request.headers['content-type'] !== 'application/octet-stream') {
      throw refuse(415, 'Unsupported Media Type', 'Content type must be application/octet-stream');
    }
    if (image['status'] !== 'queued') {
      throw refuse(
        409,
        'Conflict',
        ` Image status transition from ${String(image['status'])} to saving is not allowed`,
      );
    }
    const { bytes } = request;
    const digest = createHash('sha512').update(bytes).digest('hex');
    Object.assign(image, { status: 'active', size: bytes.length, os_hash_algo: 'sha512', os_hash_value: digest });
    return { status: 204 };
  }
}

/** As the web framework of the service words it. */
function refuse(status: number, title: string, message: string): FakeRefusal {
  return new FakeRefusal(status, { message: `${message}<br /><br />\n\n\n`, code: `${status} ${title}`, title });
}
