import ipaddr from 'ipaddr.js';
import { networksMeet } from '../address/networks-meet.js';
import { portOf } from './port-of.js';

/**
 * Tells whether `no_proxy` names the host of a URL. Its entries, between commas or blanks, are host names, which stand for
 * all names below them too, with or without a dot or `*.` before them; addresses; networks as `10.0.0.0/8`; each but a
 * network may end with a port; `*` is every host.
 */
export function skipsProxy(url: URL, noProxy: string): boolean {
  const host = bare(url.hostname);
  const port = portOf(url);
  return noProxy.split(/[\s,]+/).some((entry) => {
    if (entry === '' || entry === '*') return entry === '*';
    if (entry.includes('/')) return isInNetwork(host, entry);
    // More than one colon without brackets are those of an IPv6 address.
    const [, name = entry, onlyPort = port] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
    const wanted = bare(name.toLowerCase().replace(/^\*?\./, ''));
    return onlyPort === port && (host === wanted || (!ipaddr.isValid(host) && host.endsWith(`.${wanted}`)));
  });
}

function bare(name: string): string {
  return name.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

function isInNetwork(host: string, network: string): boolean {
  if (!ipaddr.isValid(host) || !ipaddr.isValidCIDR(network)) return false;
  return networksMeet(`${host}/${host.includes(':') ? 128 : 32}`, network);
}
