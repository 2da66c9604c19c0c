import ipaddr from 'ipaddr.js';
import { readNetworkHosts, type NetworkHost } from './network-host.js';
import { attribute, child, children } from './xml-element.js';
import { buildXml, parseXml, XML_ATTRIBUTES } from './xml.js';
import type { XmlElementContent } from './xml.js';

export interface NetworkDescription {
  readonly bridge: string | null;
  /** The address of the host on it with the prefix length: `192.168.122.1/24`. */
  readonly addresses: readonly string[];
  readonly metadata: string | null;
  /** Reservations and names. */
  readonly hosts: readonly NetworkHost[];
}

/**
 * Reads what only a network's XML tells: libvirt can be asked for the metadata of a network by namespace since 9.7, and
 * answers with an error where there is no bridge.
 *
 * @param namespace URI that the metadata element declares on itself; as libvirt does for domains, the element comes without
 *   its prefix and without that declaration
 */
export function readNetworkDescription(xml: string, namespace: string | null): NetworkDescription {
  const network = child(parseXml(xml), 'network');
  return {
    bridge: attribute(child(network, 'bridge'), 'name') ?? null,
    addresses: readAddresses(network),
    metadata: namespace === null ? null : findMetadata(child(network, 'metadata'), namespace),
    hosts: readNetworkHosts(network),
  };
}

function readAddresses(network: unknown): readonly string[] {
  return children(network, 'ip').flatMap((ip) => {
    const address = attribute(ip, 'address');
    const prefix = attribute(ip, 'prefix') ?? prefixOf(attribute(ip, 'netmask'));
    return address === undefined || prefix === undefined ? [] : [`${address}/${prefix}`];
  });
}

/** The prefix length of a netmask in dotted form. */
function prefixOf(netmask: string | undefined): number | undefined {
  return netmask === undefined ? undefined : (ipaddr.IPv4.parse(netmask).prefixLengthFromSubnetMask() ?? undefined);
}

function findMetadata(metadata: unknown, namespace: string): string | null {
  if (typeof metadata !== 'object' || metadata === null) return null;
  for (const name of Object.keys(metadata)) {
    const [prefix = '', local] = name.split(':');
    const declaration = local === undefined ? 'xmlns' : `xmlns:${prefix}`;
    const element = children(metadata, name).find((each) => attribute(each, declaration) === namespace);
    if (element !== undefined) return rebuild(local ?? name, withoutNamespace(element, declaration, `${prefix}:`));
  }
  return null;
}

/** The parser bears names that cannot be written: what has one was not written by us. */
function rebuild(name: string, element: unknown): string | null {
  try {
    return buildXml(name, element as XmlElementContent);
  } catch {
    return null;
  }
}

function withoutNamespace(element: unknown, declaration: string, prefix: string): unknown {
  if (Array.isArray(element)) return element.map((each) => withoutNamespace(each, declaration, prefix));
  if (typeof element !== 'object' || element === null) return element;
  const members = Object.entries(element).map(([name, member]) =>
    name === XML_ATTRIBUTES
      ? [name, withoutAttribute(member, declaration)]
      : [name.startsWith(prefix) ? name.slice(prefix.length) : name, withoutNamespace(member, declaration, prefix)],
  );
  return Object.fromEntries(members);
}

function withoutAttribute(attributes: object, name: string): object {
  return Object.fromEntries(Object.entries(attributes).filter(([each]) => each !== name));
}
