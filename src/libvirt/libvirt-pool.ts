import type { ConnectionPool } from './connection-pool.js';
import type { DomainInfo } from './domain-info.js';
import type { CreateOptions, DefineOptions, MonitorCommand } from './domain-operations.js';
import type { DomainState } from './domain-state.js';
import type { DomainStats } from './domain-stats.js';
import type { DomainCapabilitiesQuery, HypervisorIdentity, NodeInfo } from './host-facts.js';
import type { DomainSummary } from './list-domains.js';
import type { NetworkSummary } from './list-networks.js';
import type { HostUpdate } from './update-network-hosts.js';
import * as domains from './domain-operations.js';
import { readDomainStats } from './domain-stats.js';
import * as host from './host-facts.js';
import { listDomains } from './list-domains.js';
import { listNetworks } from './list-networks.js';
import * as networks from './network-operations.js';
import { updateNetworkHosts } from './update-network-hosts.js';

/**
 * The requests of virtbs to libvirt. Domains and networks go by UUID or name; no handle of libvirt is ever seen. Every call
 * looks at its signal before it is issued; a call that runs cannot be stopped. Failures are `LibvirtError`.
 */
export class LibvirtPool implements AsyncDisposable {
  readonly #connections: ConnectionPool;

  constructor(connections: ConnectionPool) {
    this.#connections = connections;
  }

  /** All domains, with the metadata element of a namespace where one is given. */
  async listDomains(namespace: string | null = null, signal?: AbortSignal): Promise<DomainSummary[]> {
    return this.#connections.use((connection) => listDomains(connection, namespace), signal);
  }

  async domainXml(domain: string, signal?: AbortSignal): Promise<string> {
    return this.#connections.use((connection) => domains.readDomainXml(connection, domain), signal);
  }

  /** The XML by which the domain starts the next time, whatever runs now. */
  async definition(domain: string, signal?: AbortSignal): Promise<string> {
    return this.#connections.use((connection) => domains.readDefinition(connection, domain), signal);
  }

  /** The XML of the machine that runs now, as `saveDomain` takes it. */
  async migratableXml(domain: string, signal?: AbortSignal): Promise<string> {
    return this.#connections.use((connection) => domains.readMigratableXml(connection, domain), signal);
  }

  /**
   * Starts a domain as the XML says. Where one of its UUID and name is defined and off, that definition stays for the next start.
   */
  async createDomain(xml: string, options: CreateOptions = {}, signal?: AbortSignal): Promise<void> {
    return this.#connections.use((connection) => domains.createDomain(connection, xml, options), signal);
  }

  /** Sends a command of QMP to a domain's emulator and returns what it answers. */
  async askMonitor(domain: string, command: MonitorCommand, signal?: AbortSignal): Promise<unknown> {
    return this.#connections.use((connection) => domains.askMonitor(connection, domain, command), signal);
  }

  async domainState(domain: string, signal?: AbortSignal): Promise<DomainState> {
    return this.#connections.use((connection) => domains.readDomainState(connection, domain), signal);
  }

  async domainInfo(domain: string, signal?: AbortSignal): Promise<DomainInfo> {
    return this.#connections.use((connection) => domains.readDomainInfoOf(connection, domain), signal);
  }

  /** Defines a domain, or defines it anew where its UUID and name exist already. Returns the UUID. */
  async defineDomain(xml: string, options: DefineOptions = {}, signal?: AbortSignal): Promise<string> {
    return this.#connections.use((connection) => domains.defineDomain(connection, xml, options), signal);
  }

  /**
   * Starts a domain that libvirt forgets as soon as it is off, and destroys when the connection is closed: only for a pool of
   * one connection, which then lives as long as the domain is to. Returns the UUID.
   */
  async runDomain(xml: string, signal?: AbortSignal): Promise<string> {
    return this.#connections.use((connection) => domains.runDomain(connection, xml), signal);
  }

  async startDomain(domain: string, signal?: AbortSignal): Promise<void> {
    return this.#connections.use((connection) => domains.startDomain(connection, domain), signal);
  }

  /** Lets the guest stand still; its memory and devices stay as they are. */
  async suspendDomain(domain: string, signal?: AbortSignal): Promise<void> {
    return this.#connections.use((connection) => domains.suspendDomain(connection, domain), signal);
  }

  /**
   * Writes memory and devices of a domain to a new file, and turns it off. Where that fails the domain is paused.
   *
   * @param xml the domain as it is to be when it goes on; as it runs where not given
   */
  async saveDomain(domain: string, path: string, xml?: string): Promise<void> {
    return this.#connections.use((connection) => domains.saveDomain(connection, domain, { path, xml }));
  }

  /**
   * Starts the domain that was saved to a file with what is in that, paused. The file stays, and can be used again.
   *
   * @param xml the domain as it is to be from now on; as it was saved where not given
   */
  async restoreDomain(path: string, xml?: string, signal?: AbortSignal): Promise<void> {
    return this.#connections.use((connection) => domains.restoreDomain(connection, path, xml), signal);
  }

  /** Lets the guest of a paused domain go on. */
  async resumeDomain(domain: string, signal?: AbortSignal): Promise<void> {
    return this.#connections.use((connection) => domains.resumeDomain(connection, domain), signal);
  }

  /** Asks the guest to turn itself off and returns at once. A domain that is off is left so. */
  async shutDownDomain(domain: string, signal?: AbortSignal): Promise<void> {
    return this.#connections.use((connection) => domains.shutDownDomain(connection, domain), signal);
  }

  /** Asks the guest to start anew and returns at once. */
  async rebootDomain(domain: string, signal?: AbortSignal): Promise<void> {
    return this.#connections.use((connection) => domains.rebootDomain(connection, domain), signal);
  }

  /** Starts the machine anew; the guest is not asked. */
  async resetDomain(domain: string, signal?: AbortSignal): Promise<void> {
    return this.#connections.use((connection) => domains.resetDomain(connection, domain), signal);
  }

  /** Returns what the domains have used so far of processor, memory, disks and networks. */
  async domainStats(signal?: AbortSignal): Promise<DomainStats[]> {
    return this.#connections.use((connection) => readDomainStats(connection), signal);
  }

  /** Turns a domain off at once. One that is off or gone is left as it is. */
  async destroyDomain(domain: string, signal?: AbortSignal): Promise<void> {
    return this.#connections.use((connection) => domains.destroyDomain(connection, domain), signal);
  }

  /** Forgets a domain with all that libvirt keeps of it. One that still runs goes on; one that is gone is no failure. */
  async undefineDomain(domain: string, signal?: AbortSignal): Promise<void> {
    return this.#connections.use((connection) => domains.undefineDomain(connection, domain), signal);
  }

  /** All networks, with the metadata element of a namespace where one is given. */
  async listNetworks(namespace: string | null = null, signal?: AbortSignal): Promise<NetworkSummary[]> {
    return this.#connections.use((connection) => listNetworks(connection, namespace), signal);
  }

  async networkXml(network: string, signal?: AbortSignal): Promise<string> {
    return this.#connections.use((connection) => networks.readNetworkXml(connection, network), signal);
  }

  /** Defines a network, or defines it anew where its UUID and name exist already. Returns the UUID. */
  async defineNetwork(xml: string, options: DefineOptions = {}, signal?: AbortSignal): Promise<string> {
    return this.#connections.use((connection) => networks.defineNetwork(connection, xml, options), signal);
  }

  /** Starts a network that libvirt forgets as soon as it is destroyed. Returns the UUID. */
  async runNetwork(xml: string, signal?: AbortSignal): Promise<string> {
    return this.#connections.use((connection) => networks.runNetwork(connection, xml), signal);
  }

  async startNetwork(network: string, signal?: AbortSignal): Promise<void> {
    return this.#connections.use((connection) => networks.startNetwork(connection, network), signal);
  }

  /** Tells whether libvirt starts the network together with itself. */
  async setNetworkAutostart(network: string, autostart: boolean, signal?: AbortSignal): Promise<void> {
    return this.#connections.use((connection) => networks.setNetworkAutostart(connection, network, autostart), signal);
  }

  /** Adds and removes DHCP reservations and DNS names, also where the network is active: its VMs stay connected. */
  async updateNetworkHosts(network: string, updates: readonly HostUpdate[], signal?: AbortSignal): Promise<void> {
    return this.#connections.use((connection) => updateNetworkHosts(connection, network, updates), signal);
  }

  /** Takes a network's bridge and services down. One that is inactive or gone is left as it is. */
  async destroyNetwork(network: string, signal?: AbortSignal): Promise<void> {
    return this.#connections.use((connection) => networks.destroyNetwork(connection, network), signal);
  }

  /** Forgets a network. One that is active goes on; one that is gone is no failure. */
  async undefineNetwork(network: string, signal?: AbortSignal): Promise<void> {
    return this.#connections.use((connection) => networks.undefineNetwork(connection, network), signal);
  }

  /**
   * Lets libvirt say what it would say at a start of the domain; nothing is defined or started.
   *
   * @param format the driver's own: `qemu-argv`
   */
  async tryDomain(format: string, xml: string, signal?: AbortSignal): Promise<void> {
    await this.#connections.use((connection) => host.readDomainCommand(connection, format, xml), signal);
  }

  /** XML as in https://libvirt.org/formatdomaincaps.html */
  async domainCapabilities(query: DomainCapabilitiesQuery = {}, signal?: AbortSignal): Promise<string> {
    return this.#connections.use((connection) => host.readDomainCapabilities(connection, query), signal);
  }

  /** XML as in https://libvirt.org/formatcaps.html */
  async capabilities(signal?: AbortSignal): Promise<string> {
    return this.#connections.use((connection) => host.readCapabilities(connection), signal);
  }

  async nodeInfo(signal?: AbortSignal): Promise<NodeInfo> {
    return this.#connections.use((connection) => host.readNodeInfo(connection), signal);
  }

  /** Bytes that nothing uses: `MemFree`, not `MemAvailable`. */
  async freeMemory(signal?: AbortSignal): Promise<number> {
    return this.#connections.use((connection) => host.readFreeMemory(connection), signal);
  }

  async identity(signal?: AbortSignal): Promise<HypervisorIdentity> {
    return this.#connections.use((connection) => host.readIdentity(connection), signal);
  }

  /** Waits for running calls and closes the connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections[Symbol.asyncDispose]();
  }
}
