import { createAddressPool, type AddressPoolSettings } from '../address/address-pool.js';
import { allocateAddress } from '../address/allocate-address.js';
import { findPortHolder, isEverywhere, readListeners, type PortHolder, type PortSearch } from './find-port-holder.js';
import { findings, type Finding } from './finding.js';
import type { Host } from './host.js';
import { SERVICE_NAMES, servingPorts, type Service } from './serving-ports.js';

const { ok, fail } = findings('dnsmasq');

export interface DnsmasqOptions {
  readonly pool: AddressPoolSettings;
  /** The slice that is going to be used. */
  readonly slice: number;
}

const HOST_OFFSET = 1;
const DNSMASQ = 'echo bind-dynamic | sudo tee /etc/dnsmasq.d/virtbs.conf, and restart it';

/**
 * libvirt serves addresses and names by dnsmasq, one for each network: nobody else may hold its ports, at all addresses or at
 * those of the slice.
 */
export async function checkDnsmasq(host: Host, options?: DnsmasqOptions): Promise<readonly Finding[]> {
  if ((await host.find('dnsmasq')) === null) return [fail('dnsmasq is not installed', 'virtbs host prepare')];
  const listeners = (await readListeners(host)).filter(
    ({ address, program }) => isEverywhere(address) || (program !== null && program !== 'dnsmasq'),
  );
  const addresses = options ? hostAddresses(options) : [];
  const problems: Finding[] = [];
  for (const service of ['dns', 'dhcp', 'dhcpv6'] as const) {
    const holder = await findServiceHolder(service, addresses, { host, listeners, standing: [] });
    if (!holder) continue;
    const who = holder.program ?? 'a program';
    const message = `${who} holds ${holder.where}, so libvirt cannot start networks that serve ${SERVICE_NAMES[service]}`;
    problems.push(fail(message, `see \`sudo ss -lnp\`, and stop it; for dnsmasq: ${DNSMASQ}`));
  }
  return problems.length > 0 ? problems : [ok('is installed, and its ports are free')];
}

async function findServiceHolder(
  service: Service,
  addresses: readonly string[],
  search: PortSearch,
): Promise<PortHolder | null> {
  for (const need of servingPorts(service, addresses)) {
    const holder = await findPortHolder(need, search);
    if (holder) return holder;
  }
  return null;
}

/** Returns the addresses that the host has in the networks of the slice. */
function hostAddresses({ pool: settings, slice }: DnsmasqOptions): readonly string[] {
  const pool = createAddressPool(settings);
  if (!('sliceCount' in pool) || slice >= pool.sliceCount) return [];
  return Array.from(
    { length: pool.networkCount },
    (_, network) => allocateAddress(pool, { slice, network, offset: HOST_OFFSET }).ipv4,
  );
}
