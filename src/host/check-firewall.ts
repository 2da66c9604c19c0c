import { checkIsolation, LIBVIRT_FIRST, OURS } from './check-isolation.js';
import { findings, type Finding } from './finding.js';
import type { Host } from './host.js';
import type { LibvirtFacts } from './libvirt-facts.js';
import { parseNftForward } from './nft-forward.js';

const { ok, warn, fail } = findings('firewall');

/** From this libvirt on nftables come first. Source: https://libvirt.org/news.html, 10.4.0 */
const NFTABLES_SINCE = [10, 4] as const;

/**
 * What VMs send to the outside gets through. With its iptables backend libvirt puts its rules before all others; with its
 * nftables backend it has a table of its own, and whatever any other table drops stays dropped. Docker and ufw drop what they
 * do not know of.
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
  const chains = parseNftForward(ruleset?.stdout ?? '');
  const separate = chains.libvirtTable || (await usesNftables(host, libvirt, ruleset !== null));
  const found = [
    ...checkIptables(forward?.stdout ?? '', separate),
    ...(separate ? checkInput(input?.stdout ?? '') : checkIsolation(forward?.stdout ?? '')),
    ...chains.dropping.map(({ family, table, chain }) => {
      const add = `sudo nft insert rule ${family} ${table} ${chain}`;
      const cure = `${add} iifname '"bs*"' accept && ${add} oifname '"bs*"' accept`;
      return fail(`nftables: chain ${family} ${table} ${chain} drops what VMs send to the outside`, cure);
    }),
    ...(await checkFirewalld(host)),
  ];
  const backend = separate ? 'nftables' : 'iptables';
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

/** What VMs ask of the host itself: addresses and names. */
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

/** Source: network.conf of libvirt: the first backend that is there, nftables before iptables. */
async function usesNftables(host: Host, libvirt: LibvirtFacts | null, installed: boolean): Promise<boolean> {
  const settings = (await host.read('/etc/libvirt/network.conf')) ?? '';
  const [, backend] = /^\s*firewall_backend\s*=\s*"(\w+)"/m.exec(settings) ?? [];
  if (backend !== undefined) return backend === 'nftables';
  const [major = 0, minor = 0] = (libvirt?.version ?? '').split('.').map(Number);
  return installed && (major > NFTABLES_SINCE[0] || (major === NFTABLES_SINCE[0] && minor >= NFTABLES_SINCE[1]));
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
