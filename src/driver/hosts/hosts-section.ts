import type { z } from 'zod';
import type { DriverSection } from '../../config/driver-section.js';
import { labels } from '../../config/labels.js';
import { mapValues } from '../../config/map-values.js';
import { HOST, ROLE } from '../../config/names.js';
import { flag, leaf, oneOf, text, unless } from '../../yaml/leaf.js';
import { knownMap, namedMap } from '../../yaml/map.js';
import { checkMachines } from './check-machines.js';
import { parseDestination } from './destination.js';
import {
  DEFAULT_HOSTS_SETTINGS,
  HOST_KEY_POLICIES,
  type HostsSettings,
  type MachineSettings,
} from './hosts-settings.js';

/** The role of a machine that names none. */
const DEFAULT_ROLE = 'host';

/** The address of the machine where virtbs runs, as far as others need none. */
const THIS_MACHINE = { host: '127.0.0.1', user: undefined, port: undefined };

const destination = leaf('an address for ssh, such as root@192.0.2.10:22', (value) =>
  typeof value === 'string' ? parseDestination(value) : undefined,
);

const path = text('a path', (value) => value !== '' && !/[\0\n"]/.test(value));

const ssh = { identity_file: path, ssh_config: path, host_keys: oneOf(HOST_KEY_POLICIES) };

const machine = knownMap({
  address: destination,
  local: flag(),
  role: text(`a role name (${ROLE.allowed})`, (value) => ROLE.pattern.test(value)),
  labels,
  ...ssh,
});

const schema = knownMap({
  machines: namedMap(HOST, unless(destination, machine)),
  ...ssh,
});

type Input = z.output<typeof schema>;

/** Section `hosts` of the configuration. */
export const section: DriverSection<typeof schema> = {
  schema,
  paths: [['identity_file'], ['ssh_config'], ['machines', '*', 'identity_file'], ['machines', '*', 'ssh_config']],
  check: checkMachines,
  settings: (input, whole): HostsSettings => ({
    slice: whole.slice ?? DEFAULT_HOSTS_SETTINGS.slice,
    machines: mapValues(input.machines ?? {}, (each) => createMachine(each, input)),
  }),
};

function createMachine(each: NonNullable<Input['machines']>[string], all: Input): MachineSettings {
  const own = 'host' in each ? { address: each } : each;
  return {
    role: own.role ?? DEFAULT_ROLE,
    labels: own.labels ?? {},
    destination: own.address ?? THIS_MACHINE,
    local: own.local ?? false,
    identityFile: own.identity_file ?? all.identity_file,
    sshConfig: own.local === true ? undefined : (own.ssh_config ?? all.ssh_config),
    hostKeys: own.host_keys ?? all.host_keys ?? 'accept-new',
  };
}
