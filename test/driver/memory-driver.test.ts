import t from 'tap';
import { createMemoryWorld, openMemoryDriver } from '../../src/driver/memory/memory-driver.js';
import { testDriverContract } from './contract.js';

const world = createMemoryWorld();

testDriverContract(t, 'memory', {
  open: async (root) => openMemoryDriver(world, root),
  async addForeignDomain(name) {
    world.domains.set(name, { name, uuid: `foreign-${name}` });
  },
  async addForeignNetwork(name, cidr) {
    world.networks.set(name, { name, uuid: `foreign-${name}`, cidrs: [cidr] });
  },
  async removeForeign() {
    for (const [name, { ours }] of world.domains) if (!ours) world.domains.delete(name);
    for (const [name, { ours }] of world.networks) if (!ours) world.networks.delete(name);
  },
  domainNames: async () => [...world.domains.keys()],
  networkNames: async () => [...world.networks.keys()],
});
