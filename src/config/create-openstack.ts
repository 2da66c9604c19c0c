import {
  DEFAULT_OPENSTACK_SETTINGS,
  type NotifySettings,
  type OpenStackSettings,
  type ServerSettings,
} from '../openstack/openstack-settings.js';
import { mapValues } from './map-values.js';
import type { OpenStackInput } from './openstack-schema.js';

/** Section `openstack` with the names it has in the program, and its defaults. */
export function createOpenStack(input: OpenStackInput): OpenStackSettings {
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
    notify: createNotify(input.notify ?? {}),
    server: createServer(input),
    roles: mapValues(input.roles ?? {}, createServer),
  };
}

function createNotify(input: NonNullable<OpenStackInput['notify']>): NotifySettings {
  const none = DEFAULT_OPENSTACK_SETTINGS.notify;
  const { run, mail, from, relay } = 'length' in input ? { run: input } : input;
  return { run: run ?? none.run, mail: mail ?? none.mail, from, relay: relay ?? none.relay };
}

type ServerInput = NonNullable<OpenStackInput['roles']>[string];

function createServer(input: ServerInput): ServerSettings {
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
