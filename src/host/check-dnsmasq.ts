import { findings, type Finding } from './finding.js';
import type { Host } from './host.js';

const { ok, fail } = findings('dnsmasq');

/** Port 53 in the hex of /proc/net/udp, at all addresses. Source: proc_net(5) */
const DNS_EVERYWHERE = /^\s*\d+: 0{8}:0035 /m;

/** libvirt serves addresses and names by dnsmasq, one for each network; nobody else may hold port 53 of all addresses. */
export async function checkDnsmasq(host: Host): Promise<readonly Finding[]> {
  if ((await host.find('dnsmasq')) === null) return [fail('dnsmasq is not installed', 'virtbs host prepare')];
  if (DNS_EVERYWHERE.test((await host.read('/proc/net/udp')) ?? '')) {
    return [
      fail(
        'a name server holds port 53 of all addresses, so libvirt cannot start networks with DNS',
        'see `sudo ss -lunp sport = 53`; for dnsmasq: echo bind-dynamic | sudo tee /etc/dnsmasq.d/virtbs.conf, and restart it',
      ),
    ];
  }
  return [ok('is installed, and port 53 is free')];
}
