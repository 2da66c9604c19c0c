import { checkIsolation, LIBVIRT_FIRST, OURS } from './check-isolation.js';
import { findings, type Finding } from './finding.js';
import type { Host } from './host.js';
import type { LibvirtFacts } from './libvirt-facts.js';
import { parseNftForward, type NftForward } from './nft-forward.js';

const { ok, warn, fail } = findings('firewall');

/** The first version of libvirt that knows nftables, and takes them first. Source: https://libvirt.org/news.html, 10.4.0 */
const NFTABLES_SINCE = [10, 4] as const;

/**
 * Checks that the traffic of VMs to the outside gets through. With its iptables backend libvirt puts its rules before all
 * others; with its nftables backend it has a table of its own, and whatever any other table drops stays dropped. Docker and
 * ufw drop what they do not know of.
 */
export async function checkFirewall(
  host: Host,
  { libvirt }: { readonly libvirt: LibvirtFacts | null },
): Promise<readonly Finding[]> {
  const [forward, input, ruleset] = await Promise.all([
    host.run('iptables', ['-S']),
    host.run('iptables', ['-S', 'INPUT']),
    host.run('nft', ['-j', 'list', 'ruleset']),
  ]);
  if (forward === null && ruleset === null)
    return [fail('neither iptables nor nft is installed', 'virtbs host prepare')];
  if ((forward?.code ?? 0) !== 0 && (ruleset?.code ?? 0) !== 0) {
    return [
      warn(`the rules cannot be read: ${lastLine(forward?.stderr ?? '')}`, 'look as root: sudo virtbs host check'),
    ];
  }
  const rules = forward?.stdout ?? '';
  const nft = parseNftForward(ruleset?.stdout ?? '');
  const installed = { iptables: forward !== null, nftables: ruleset !== null };
  const backend = await findBackend(host, libvirt, { rules, nft, installed });
  const found = [
    ...checkIptables(rules, backend === 'nftables'),
    ...(backend === 'nftables' ? checkInput(input?.stdout ?? '') : []),
    ...(backend === 'iptables' || keepsApart(rules) ? checkIsolation(rules) : []),
    ...nft.dropping.map(({ family, table, chain }) => {
      const add = `sudo nft insert rule ${family} ${table} ${chain}`;
      const cure = `${add} iifname '"bs*"' accept && ${add} oifname '"bs*"' accept`;
      return fail(`nftables: chain ${family} ${table} ${chain} drops what VMs send to the outside`, cure);
    }),
    ...(await checkFirewalld(host)),
  ];
  return found.some(({ level }) => level !== 'ok')
    ? found
    : [ok(`forwards for VMs, libvirt uses ${backend}`), ...found];
}

/** @param rules as `iptables -S` prints them */
function checkIptables(rules: string, separate: boolean): readonly Finding[] {
  const lines = rules.split('\n');
  const dropsByPolicy = lines.includes('-P FORWARD DROP');
  const forward = lines.filter((line) => line.startsWith('-A FORWARD '));
  const refusing = forward.findIndex((line) => /^-A FORWARD -j (DROP|REJECT)\b/.test(line));
  if (!dropsByPolicy && refusing < 0) return [];
  const docker = lines.includes('-N DOCKER-USER');
  const chain = docker ? 'DOCKER-USER' : 'FORWARD';
  const accepted = ['-i', '-o'].every((way) =>
    lines.some(
      (line) =>
        line.includes(` ${way} ${OURS} `) && line.endsWith('-j ACCEPT') && /^-A (FORWARD|DOCKER-USER) /.test(line),
    ),
  );
  const libvirtFirst = forward.findIndex((line) => line.endsWith('-j LIBVIRT_FWO'));
  const passes = !separate && (refusing < 0 || (libvirtFirst >= 0 && libvirtFirst < refusing));
  if (accepted || passes) return [];
  const who = docker ? 'Docker' : lines.some((line) => line.startsWith('-N ufw-')) ? 'ufw' : 'iptables';
  return [
    fail(
      `${who} drops what VMs send to the outside (chain FORWARD)`,
      // With this backend libvirt's chains also keep slices apart, so nothing may be accepted before them.
      !separate && libvirtFirst >= 0
        ? LIBVIRT_FIRST
        : ['-i', '-o'].map((way) => `sudo iptables -I ${chain} ${way} ${OURS} -j ACCEPT`).join(' && '),
    ),
  ];
}

/** Checks that VMs can ask the host itself for addresses and names. */
function checkInput(rules: string): readonly Finding[] {
  const lines = rules.split('\n');
  if (!lines.includes('-P INPUT DROP') || lines.some((line) => line.includes(` -i ${OURS} `))) return [];
  return [
    warn(
      'the host drops what VMs ask of its DHCP and DNS (chain INPUT)',
      `sudo iptables -I INPUT -i ${OURS} -p udp -m multiport --dports 53,67 -j ACCEPT`,
    ),
  ];
}

type Backend = 'iptables' | 'nftables';

/**
 * The backend whose rules for networks stand; before there are any, the one that the next network gets: what is set, what has made
 * chains already, or the first that is installed. Which is first is the distribution's, and network.conf of libvirt names it in the
 * line that is commented out.
 */
async function findBackend(
  host: Host,
  libvirt: LibvirtFacts | null,
  { rules, nft, installed }: FirewallFacts,
): Promise<Backend> {
  if (nft.libvirtRules) return 'nftables';
  if (keepsApart(rules)) return 'iptables';
  const settings = (await host.read('/etc/libvirt/network.conf')) ?? '';
  const named = (line: RegExp): Backend | undefined => {
    const [, name] = line.exec(settings) ?? [];
    return name === 'iptables' || name === 'nftables' ? name : undefined;
  };
  const set = named(/^\s*firewall_backend\s*=\s*"(\w+)"/m);
  if (set !== undefined) return set;
  const chains = /^-N LIBVIRT_FWI$/m.test(rules);
  if (nft.libvirtTable !== chains) return chains ? 'iptables' : 'nftables';
  const [major = 0, minor = 0] = (libvirt?.version ?? '').split('.').map(Number);
  const known = major > NFTABLES_SINCE[0] || (major === NFTABLES_SINCE[0] && minor >= NFTABLES_SINCE[1]);
  if (!known) return 'iptables';
  const first = named(/^#\s*firewall_backend\s*=\s*"(\w+)"/m) ?? 'nftables';
  const other = first === 'iptables' ? 'nftables' : 'iptables';
  return !installed[first] && installed[other] ? other : first;
}

interface FirewallFacts {
  /** As `iptables -S` prints them. */
  readonly rules: string;
  readonly nft: NftForward;
  readonly installed: Readonly<Record<Backend, boolean>>;
}

/** Whether libvirt's chains of iptables hold rules: an emptied chain stays when the backend changes. */
function keepsApart(rules: string): boolean {
  return /^-A LIBVIRT_FWI /m.test(rules);
}

async function checkFirewalld(host: Host): Promise<readonly Finding[]> {
  const state = await host.run('firewall-cmd', ['--state']);
  if (state?.code !== 0) return [];
  const zones = (await host.run('firewall-cmd', ['--get-zones']))?.stdout.split(/\s+/) ?? [];
  if (zones.includes('libvirt')) return [ok('firewalld runs, with the zone libvirt')];
  return [
    fail('firewalld runs, but has no zone libvirt for the bridges', 'sudo firewall-cmd --reload, then restart libvirt'),
  ];
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
