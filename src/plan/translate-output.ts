import type { NetworkPlan, SlicePlan, VmPlan } from './plan.js';

/**
 * Returns a text that was written in one slice with the words of another slice of the same VMs: addresses, MACs, UUIDs, names of
 * domains and bridges, and `bsN`.
 */
export function translateOutput(text: string, from: SlicePlan, to: SlicePlan): string {
  const words = new Map([[`bs${from.slice}`, `bs${to.slice}`], ...pairsOf(from, to)]);
  const known = [...words.keys()].toSorted((one, other) => other.length - one.length).map(patternOf);
  const pattern = new RegExp(known.join('|'), 'g');
  return text.replaceAll(pattern, (word) => words.get(word) ?? word);
}

function pairsOf(from: SlicePlan, to: SlicePlan): readonly (readonly [string, string])[] {
  const vms = from.vms.flatMap((vm) => {
    const same = to.vms.find(({ hostname }) => hostname === vm.hostname);
    return same ? zip(wordsOfVm(vm), wordsOfVm(same)) : [];
  });
  const networks = from.networks.flatMap((network) => {
    const same = to.networks.find(({ name }) => name === network.name);
    return same ? zip(wordsOfNetwork(network), wordsOfNetwork(same)) : [];
  });
  return [...vms, ...networks];
}

function wordsOfVm({ domain, uuid, accessAddress, interfaces }: VmPlan): readonly (string | null)[] {
  return [domain, uuid, accessAddress, ...interfaces.flatMap(({ mac, ipv4, ipv6 }) => [mac, ipv4, ipv6])];
}

function wordsOfNetwork({ bridge, mac, ipv4, ipv6 }: NetworkPlan): readonly (string | null)[] {
  const networks = [ipv4, ipv6].map(({ cidr }) => cidr.split('/')[0] ?? null);
  return [bridge, mac, ipv4.host, ipv6.host, ...networks];
}

function zip(
  one: readonly (string | null)[],
  other: readonly (string | null)[],
): readonly (readonly [string, string])[] {
  return one.flatMap((word, index) => {
    const same = other[index] ?? null;
    return word === null || same === null ? [] : [[word, same] as const];
  });
}

/** Finds a word that is no part of a longer one. A port may follow an IPv4 address; a colon is part of a MAC and an IPv6 address. */
function patternOf(word: string): string {
  const text = word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return word.includes(':') ? `(?<![\\w:])${text}(?![\\w:])` : `(?<![\\w.])${text}(?!\\w|\\.\\d)`;
}
