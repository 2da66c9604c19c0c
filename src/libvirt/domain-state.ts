/** The states of a domain by libvirt's numbers, `virDomainState`: https://libvirt.org/html/libvirt-libvirt-domain.html */
const DOMAIN_STATES = [
  'no-state',
  'running',
  'blocked',
  'paused',
  'shutting-down',
  'shutoff',
  'crashed',
  'suspended',
] as const;

export type DomainState = (typeof DOMAIN_STATES)[number];

/** The name of a state's number; `no-state` for numbers that are newer than this list. */
export function domainState(number: number): DomainState {
  return DOMAIN_STATES[number] ?? 'no-state';
}
