import type { z } from 'zod';
import type { DriverSection } from '../../config/driver-section.js';
import { jumpHostSchema } from '../../config/jump-host-schema.js';
import { distinct, flag, integer, leaf, list, oneOf, text } from '../../yaml/leaf.js';
import { knownMap, namedMap } from '../../yaml/map.js';
import type { NamePattern } from '../../yaml/name-pattern.js';
import { mapValues } from '../../config/map-values.js';
import { createNotify, notifySchema } from '../../config/notify-schema.js';
import { NETWORK, ROLE, SLOT } from '../../config/names.js';
import {
  DEFAULT_OPENSTACK_SETTINGS,
  SERVER_GROUP_POLICIES,
  type OpenStackSettings,
  type ServerSettings,
} from './openstack-settings.js';

const word = text('text', (value) => value !== '' && !value.includes('\0'));

const texts = leaf(
  'a map of names to texts',
  (value) =>
    isMap(value) && Object.values(value).every((item) => typeof item === 'string')
      ? (value as Readonly<Record<string, string>>)
      : undefined,
  { type: 'object', additionalProperties: { type: 'string' } },
);

const anything = leaf('a map', (value) => (isMap(value) ? value : undefined), { type: 'object' });

const server = {
  flavor: word,
  availability_zones: distinct(word),
  server_group: oneOf(SERVER_GROUP_POLICIES),
  block_devices: list(anything),
  boot_from_volume: flag(),
  volume_type: word,
  meta: texts,
  server_args: anything,
  ssh_user: userName(),
};

/** Words of the compute API keep the form that they have there. */
const schema = knownMap({
  cloud: word,
  region: word,
  compute_api_version: text('a microversion, such as "2.79", or latest', (value) =>
    /^(?:\d+\.\d+|latest)$/.test(value),
  ),
  access: oneOf(['direct', 'floating', 'jump']),
  jump_host: jumpHostSchema,
  external_network: word,
  networks: namedMap(NETWORK, word),
  open_ports: distinct(nameOf(NETWORK)),
  images: namedMap(SLOT, knownMap({ id: word, name: word, pattern: pattern(), properties: texts, selector: word })),
  upload: flag(),
  missing_timeout: integer(1, 24 * 60 * 60),
  notify: notifySchema,
  ...server,
  roles: namedMap(ROLE, knownMap(server)),
});

type Input = z.output<typeof schema>;

/** Section `openstack` of the configuration. */
export const section: DriverSection<typeof schema> = {
  schema,
  settings(input): OpenStackSettings {
    const none = DEFAULT_OPENSTACK_SETTINGS;
    return {
      cloud: input.cloud,
      region: input.region,
      computeApiVersion: input.compute_api_version,
      access: input.access ?? none.access,
      jumpHost: input.jump_host ?? none.jumpHost,
      externalNetwork: input.external_network,
      networks: input.networks ?? none.networks,
      openPorts: input.open_ports ?? none.openPorts,
      images: input.images ?? none.images,
      upload: input.upload ?? none.upload,
      missingTimeout: input.missing_timeout === undefined ? none.missingTimeout : input.missing_timeout * 1000,
      server: serverSettings(input),
      roles: mapValues(input.roles ?? {}, serverSettings),
    };
  },

  notify: ({ notify }) => notify && createNotify(notify),
};

function serverSettings(input: NonNullable<Input['roles']>[string]): ServerSettings {
  return {
    flavor: input.flavor,
    availabilityZones: input.availability_zones,
    serverGroup: input.server_group,
    blockDevices: input.block_devices,
    bootFromVolume: input.boot_from_volume,
    volumeType: input.volume_type,
    meta: input.meta,
    serverArgs: input.server_args,
    sshUser: input.ssh_user,
  };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nameOf({ what, pattern: known, allowed }: NamePattern) {
  return text(`a ${what} name (${allowed})`, (value) => known.test(value));
}

function userName() {
  return text('a user name', (value) => /^[\w.][\w.-]*\$?$/.test(value));
}

function pattern() {
  return text('a regular expression', (value) => {
    try {
      return new RegExp(value) instanceof RegExp;
    } catch {
      return false;
    }
  });
}
