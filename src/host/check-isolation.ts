import { findings, type Finding } from './finding.js';

const { warn } = findings('firewall');

/** Every bridge of ours in iptables' words. Source: iptables(8), --in-interface */
export const OURS = 'bs+';

/** Puts libvirt's chains before all others: what is within, for and from its networks, the last of them first. */
export const LIBVIRT_FIRST = ['LIBVIRT_FWO', 'LIBVIRT_FWI', 'LIBVIRT_FWX']
  .map((chain) => `sudo iptables -I FORWARD -j ${chain}`)
  .join(' && ');

/**
 * Slices are kept apart by libvirt's chains, which must be led to before anything accepts what is for our bridges. So with its
 * iptables backend: what a table of nftables refuses, no other accepts.
 *
 * @param rules as `iptables -S` prints them
 */
export function checkIsolation(rules: string): readonly Finding[] {
  const lines = rules.split('\n');
  if (!lines.includes('-N LIBVIRT_FWI')) return [];
  const forward = lines.filter((line) => line.startsWith('-A FORWARD '));
  const kept = forward.findIndex((line) => line.endsWith('-j LIBVIRT_FWI'));
  if (kept < 0) return [warn("slices can reach each other: nothing leads to libvirt's rules", LIBVIRT_FIRST)];
  const accepts = (line: string): boolean => line.includes(` ${OURS} `) && line.endsWith('-j ACCEPT');
  const byDocker = lines.some((line) => line.startsWith('-A DOCKER-USER ') && accepts(line));
  const before = forward.slice(0, kept);
  const opened = before.some((line) => accepts(line) || (byDocker && line === '-A FORWARD -j DOCKER-USER'));
  return opened
    ? [warn("slices can reach each other: they are let through before libvirt's rules", LIBVIRT_FIRST)]
    : [];
}
