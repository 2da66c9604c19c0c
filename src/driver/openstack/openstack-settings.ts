import type { JumpHost } from '../../config/jump-host.js';

/** Section `openstack` of the configuration: what slices in a cloud are made of. */
export interface OpenStackSettings {
  /** The cloud in clouds.yaml, instead of OS_CLOUD. */
  readonly cloud?: string | undefined;
  readonly region?: string | undefined;
  /** A microversion of the compute API, or `latest`. */
  readonly computeApiVersion?: string | undefined;
  /** The way by which ssh reaches the VMs: at their planned addresses, at a floating IP each, or all through one machine. */
  readonly access: 'direct' | 'floating' | 'jump';
  /** The machine for access `jump`; without an address it is the slice's first VM, with a floating IP. */
  readonly jumpHost: { readonly [Key in keyof JumpHost]?: JumpHost[Key] | undefined };
  /** By name or id; the only external one where not given. */
  readonly externalNetwork?: string | undefined;
  /** Networks that exist already, by the names of the plan's. */
  readonly networks: Readonly<Record<string, string>>;
  /** Networks of the plan on which any address may be sent from. */
  readonly openPorts: readonly string[];
  /** Images that the cloud has, by slot. */
  readonly images: Readonly<Record<string, CloudImageChoice>>;
  /** Whether images of the library are copied to the cloud. */
  readonly upload: boolean;
  /** Milliseconds that a server may take to run. */
  readonly missingTimeout: number;
  /** Settings for all roles. */
  readonly server: ServerSettings;
  /** Settings for one role, laid over those for all. */
  readonly roles: Readonly<Record<string, ServerSettings>>;
}

/** The choice of an image of the cloud. All that is given must fit; of several that fit, the newest is taken. */
export interface CloudImageChoice {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  /** A regular expression for the name. */
  readonly pattern?: string | undefined;
  readonly properties?: Readonly<Record<string, string>> | undefined;
  /** The path of a module whose default export is given the list of images and gives one of them back. */
  readonly selector?: string | undefined;
}

export interface ServerSettings {
  /** By name or id; without it the smallest that has what the role asks for. */
  readonly flavor?: string | undefined;
  /** Servers are spread over them. */
  readonly availabilityZones?: readonly string[] | undefined;
  /** The policy of a server group of the role's servers. */
  readonly serverGroup?: ServerGroupPolicy | undefined;
  /**
   * Block devices as in block_device_mapping_v2 of the compute API. Members that are left out have the defaults of Buildbot.
   */
  readonly blockDevices?: readonly Readonly<Record<string, unknown>>[] | undefined;
  /** Tells whether the first disk is a volume. */
  readonly bootFromVolume?: boolean | undefined;
  readonly volumeType?: string | undefined;
  /** Metadata of the servers. */
  readonly meta?: Readonly<Record<string, string>> | undefined;
  /** Further members of the request that makes a server. */
  readonly serverArgs?: Readonly<Record<string, unknown>> | undefined;
  /** The user for logins. */
  readonly sshUser?: string | undefined;
}

export const SERVER_GROUP_POLICIES = ['affinity', 'anti-affinity', 'soft-affinity', 'soft-anti-affinity'] as const;

export type ServerGroupPolicy = (typeof SERVER_GROUP_POLICIES)[number];

const TWENTY_MINUTES = 20 * 60 * 1000;

export const DEFAULT_OPENSTACK_SETTINGS: OpenStackSettings = {
  access: 'floating',
  jumpHost: {},
  networks: {},
  openPorts: [],
  images: {},
  upload: false,
  missingTimeout: TWENTY_MINUTES,
  server: {},
  roles: {},
};
