/** A domain that libvirt's test driver accepts and can start. */
export function testDomainXml(name: string, inside = ''): string {
  return `<domain type='test'><name>${name}</name><memory unit='MiB'>64</memory><vcpu>2</vcpu><os><type arch='x86_64'>hvm</type></os>${inside}</domain>`;
}

/** A network that libvirt's test driver accepts and can start. */
export function testNetworkXml(name: string, inside = ''): string {
  return `<network><name>${name}</name><bridge name='${name}'/>${inside}</network>`;
}
