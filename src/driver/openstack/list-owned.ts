import type { z } from 'zod';
import type { Query } from '../../openstack/cloud.js';
import { keptMark } from './kept-item.js';
import { MARK_KEY, readMark, type Mark } from './mark.js';
import {
  floatingIpSchema,
  imageSchema,
  keypairSchema,
  networkSchema,
  portSchema,
  routerSchema,
  securityGroupSchema,
  serverGroupSchema,
  serverSchema,
  subnetSchema,
  volumeSchema,
  volumeSnapshotSchema,
} from './resources.js';
import { markedRoot, type Site } from './site.js';

/** Something that carries a mark of ours. */
export interface Owned<T> {
  readonly mark: Mark;
  readonly item: T;
}

/** The kinds of things that we make: the path that lists each kind, and the place of its mark. */
const KINDS = {
  servers: kind('compute', '/servers/detail', serverSchema, ({ metadata }) => metadata[MARK_KEY]),
  serverGroups: kind('compute', '/os-server-groups', serverGroupSchema, ({ name }) => name.split(' ').at(-1), {
    key: 'server_groups',
  }),
  keypairs: kind('compute', '/os-keypairs', keypairSchema, ({ keypair }) => keypair.public_key.trim().split(' ')[2]),
  networks: kind('network', '/networks', networkSchema, ({ description }) => description),
  subnets: kind('network', '/subnets', subnetSchema, ({ description }) => description),
  ports: kind('network', '/ports', portSchema, ({ description }) => description),
  routers: kind('network', '/routers', routerSchema, ({ description }) => description),
  securityGroups: kind('network', '/security-groups', securityGroupSchema, ({ description }) => description, {
    key: 'security_groups',
  }),
  floatingIps: kind('network', '/floatingips', floatingIpSchema, ({ description }) => description, {
    key: 'floatingips',
  }),
  volumes: kind('volume', '/volumes/detail', volumeSchema, ({ metadata }) => metadata[MARK_KEY]),
  volumeSnapshots: kind(
    'volume',
    '/snapshots/detail',
    volumeSnapshotSchema,
    ({ name, metadata }) => keptMark(name, metadata),
    { key: 'snapshots' },
  ),
  images: kind('image', '/images', imageSchema, (image) => keptMark(image.name, image)),
} as const;

type Kinds = typeof KINDS;
export type OwnedKind = keyof Kinds;
export type OwnedItem<Name extends OwnedKind> = Owned<z.output<Kinds[Name]['schema']>>;

interface Kind<Schema extends z.ZodType> {
  readonly service: 'compute' | 'network' | 'volume' | 'image';
  readonly path: string;
  readonly key: string | undefined;
  readonly schema: Schema;
  readonly text: (item: z.output<Schema>) => string | null | undefined;
}

/** Lists the things that carry our owner's mark, of one slice or of all. */
export async function listOwned<Name extends OwnedKind>(
  site: Site,
  name: Name,
  { slice, signal }: { readonly slice?: number | undefined; readonly signal: AbortSignal },
): Promise<readonly OwnedItem<Name>[]> {
  const owned = (await listMarked(site, name, signal)).filter(({ mark }) => mark?.owner === site.owner);
  return owned.filter(({ mark }) => slice === undefined || mark?.slice === slice) as readonly OwnedItem<Name>[];
}

/** All of the project, with the marks of those that have one. */
export async function listMarked<Name extends OwnedKind>(
  { cloud, root }: Site,
  name: Name,
  signal: AbortSignal,
): Promise<readonly { readonly mark: Mark | null; readonly item: OwnedItem<Name>['item'] }[]> {
  const {
    service,
    path,
    key = name,
    schema,
    text,
  } = KINDS[name] as unknown as Kind<z.ZodType<OwnedItem<Name>['item']>>;
  if (service === 'volume' && !cloud.has('volume')) return [];
  const query: Query =
    service === 'network' && name !== 'networks' && name !== 'subnets' ? { project_id: cloud.projectId } : {};
  const items = await cloud.service(service).list(path, key, { schema, query, signal });
  return items.map((item) => {
    const mark = readMark(text(item));
    return { mark: mark?.root === markedRoot(root) ? { ...mark, root } : mark, item };
  });
}

function kind<Schema extends z.ZodType>(
  service: Kind<Schema>['service'],
  path: string,
  schema: Schema,
  text: Kind<Schema>['text'],
  { key }: { readonly key?: string } = {},
): Kind<Schema> {
  return { service, path, key, schema, text };
}
