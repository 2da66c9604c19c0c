import type { z } from 'zod';
import type { DriverSection } from '../../src/config/driver-section.js';
import type { Driver, DriverDefinition, DriverFeatures, SliceState } from '../../src/driver/types.js';
import { UNABLE_METHODS } from '../../src/driver/unable-methods.js';
import type { DriverEntry } from '../../src/driver/known-drivers.js';
import { distinct, integer, text } from '../../src/yaml/leaf.js';
import { knownMap } from '../../src/yaml/map.js';

/** What the driver is told: the driver and nobody else knows this type. */
interface StaticSettings {
  readonly slice: number;
  readonly machines: readonly string[];
}

const schema = knownMap({
  slice: integer(0, 9),
  machines: distinct(text('a host name', (name) => /^[a-z]+$/.test(name))),
});

/** Section `static` of the configuration. */
const section: DriverSection<typeof schema> = {
  schema,
  settings: ({ slice = 1, machines = [] }: z.output<typeof schema>): StaticSettings => ({ slice, machines }),
};

const REASON = 'its machines exist already';

const features: DriverFeatures = {
  guests: false,
  snapshots: 'none',
  unable: { create: REASON, destroy: REASON, power: REASON, 'build-vm': REASON, commit: REASON },
};

/** Machines that exist already and can only be looked at: the smallest driver there is. */
const driver: DriverDefinition<StaticSettings> = {
  features: () => features,
  open: async ({ root, settings = { slice: 1, machines: [] } }) => openStatic(settings, root),
};

/** Its line of the registry. */
export const staticEntry: DriverEntry = {
  load: async () => ({ driver }),
  section: async () => ({ section }),
  consoles: 'none',
};

function openStatic(settings: StaticSettings, root: string): Driver {
  return {
    ...UNABLE_METHODS,
    features,
    site: 'static',
    async inspect({ slice }, { signal }) {
      signal.throwIfAborted();
      const state = describe(settings, root);
      return state.vms.length > 0 && (slice ?? state.slice) === state.slice ? [state] : [];
    },
    async usage(_filter, { signal }) {
      signal.throwIfAborted();
      return { host: null, vms: [] };
    },
    observe: async () => ({ power: 'running', consoleBytes: 0 }),
    consoleTail: async () => [],
    async [Symbol.asyncDispose]() {
      // Nothing is held open.
    },
  };
}

function describe({ slice, machines }: StaticSettings, root: string): SliceState {
  const whose = { created: '2026-01-02T03:04:05.000Z', session: 'tester@here' };
  const vms = machines.map((hostname, index) => ({
    ...whose,
    domain: hostname,
    uuid: hostname,
    hostname,
    role: 'machine',
    offset: index + 2,
    power: 'running' as const,
    accessAddress: null,
    image: null,
    memoryMiB: 0,
    vcpu: 0,
    plan: null,
  }));
  return { slice, root, ...whose, expires: null, vms, networks: [] };
}
