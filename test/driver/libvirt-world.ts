import ipaddr from 'ipaddr.js';
import { openDriver } from '../../src/driver/registry.js';
import type { LibvirtPool } from '../../src/libvirt/libvirt-pool.js';
import { openLibvirt } from '../../src/libvirt/open-libvirt.js';
import { buildXml } from '../../src/libvirt/xml.js';
import type { ContractWorld } from './contract.js';

/** A libvirt under test; `domainType` is what its domains are: `test`, `qemu`. */
export function libvirtWorld(connect: string, domainType: string): ContractWorld {
  const foreign: { domains: string[]; networks: string[] } = { domains: [], networks: [] };
  return {
    open: (root) => openDriver('libvirt', { connect, root }),
    async addForeignDomain(name) {
      foreign.domains.push(name);
      const os = { type: 'hvm' };
      await withLibvirt(connect, (libvirt) =>
        libvirt.defineDomain(buildXml('domain', { $: { type: domainType }, name, memory: 65_536, os })),
      );
    },
    async addForeignNetwork(name, cidr) {
      foreign.networks.push(name);
      const [address, prefix] = ipaddr.parseCIDR(cidr);
      const host = address.toString().replace(/\.0$/, '.1');
      const ip = { $: { address: host, prefix } };
      await withLibvirt(connect, (libvirt) =>
        libvirt.defineNetwork(buildXml('network', { name, bridge: { $: { name: `x-${name}` } }, ip })),
      );
    },
    async removeForeign() {
      await withLibvirt(connect, async (libvirt) => {
        for (const name of foreign.domains.splice(0)) await libvirt.undefineDomain(name);
        for (const name of foreign.networks.splice(0)) await libvirt.undefineNetwork(name);
      });
    },
    domainNames: () => withLibvirt(connect, async (libvirt) => (await libvirt.listDomains()).map(({ name }) => name)),
    networkNames: () => withLibvirt(connect, async (libvirt) => (await libvirt.listNetworks()).map(({ name }) => name)),
  };
}

async function withLibvirt<T>(connect: string, work: (libvirt: LibvirtPool) => Promise<T>): Promise<T> {
  await using libvirt = await openLibvirt(connect);
  return await work(libvirt);
}
