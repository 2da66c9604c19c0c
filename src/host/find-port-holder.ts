import type { Host } from './host.js';

/** A port that libvirt's dnsmasq takes for a network. */
export interface PortNeed {
  readonly protocol: 'udp' | 'tcp';
  readonly family: 'ipv4' | 'ipv6';
  readonly port: number;
  /** Addresses of the host that it listens at; without them at all addresses. */
  readonly addresses?: readonly string[];
  /** Bridges by whose packets alone others may be bound to it, and be in the way. */
  readonly bridge?: string;
}

/** A program that listens at a port. */
export interface PortHolder {
  /** `udp 0.0.0.0:67` */
  readonly where: string;
  /** `dnsmasq (pid 123)`; null where we may not know. */
  readonly program: string | null;
}

/** A socket that waits for somebody. */
export interface Listener {
  readonly protocol: string;
  /** `0.0.0.0`, `[::]`; `*` for all addresses of both families. */
  readonly address: string;
  /** The network device that it is bound to. */
  readonly device: string | null;
  readonly port: number;
  readonly program: string | null;
  readonly pid: string | null;
}

export interface PortSearch {
  readonly host: Pick<Host, 'sharesPort'>;
  readonly listeners: readonly Listener[];
  /** Bridges of ours. */
  readonly standing: readonly string[];
}

/** All sockets that wait for somebody at the ports of names and addresses. Source: ss(8) */
const LIST = ['-H', '-n', '-l', '-u', '-t', '-p', '( sport = 53 or sport = 67 or sport = 547 )'];
/** Port 53 in the hex of /proc/net/udp, at all addresses. Source: proc_net(5) */
const DNS_EVERYWHERE = /^\s*\d+: 0{8}:0035 /m;
const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '[::]', '*']);
/** Addresses of this machine that nobody uses: what is taken there is taken everywhere. */
const UNUSED = { ipv4: '127.86.66.1', ipv6: '::1' } as const;

/**
 * Reads which programs listen at the ports of names and addresses. Without `ss` it tells only whether there is a name server
 * at all addresses.
 */
export async function readListeners(host: Pick<Host, 'run' | 'read'>): Promise<readonly Listener[]> {
  const answer = await host.run('ss', LIST);
  if (!answer) {
    const dns = DNS_EVERYWHERE.test((await host.read('/proc/net/udp')) ?? '');
    return dns ? [{ protocol: 'udp', address: '0.0.0.0', device: null, port: 53, program: null, pid: null }] : [];
  }
  return answer.stdout.split('\n').flatMap((line): Listener[] => {
    const [protocol = '', , , , local = '', , ...users] = line.trim().split(/\s+/);
    const [, address = '', device, port] = /^(\[[^\]]*\]|[^%:[]+)(?:%([^:]+))?:(\d+)$/.exec(local) ?? [];
    if (port === undefined) return [];
    const [, program = null, pid = null] = /\(\("([^"]*)",pid=(\d+)/.exec(users.join(' ')) ?? [];
    return [{ protocol, address, device: device ?? null, port: Number(port), program, pid }];
  });
}

/**
 * Finds the program that would keep libvirt's dnsmasq from a port. It lets others have its ports too, so a holder of a UDP
 * port who does the same is not in the way; nor is one who is bound to another network device. What belongs to networks of
 * ours that stand does not count.
 */
export async function findPortHolder(
  need: PortNeed,
  { host, listeners, standing }: PortSearch,
): Promise<PortHolder | null> {
  for (const listener of listeners) {
    if (!isNeeded(listener, need) || isOurs(listener, need, standing)) continue;
    if (need.protocol === 'udp' && (await isShared(host, listener, need))) continue;
    const { protocol, address, device, port, program, pid } = listener;
    const where = `${protocol} ${address}${device === null ? '' : `%${device}`}:${port}`;
    return { where, program: program === null ? null : `${program} (pid ${pid})` };
  }
  return null;
}

/** Tells whether an address stands for all of the machine. */
export function isEverywhere(address: string): boolean {
  return EVERYWHERE.has(address);
}

function isNeeded({ protocol, address, device, port }: Listener, need: PortNeed): boolean {
  if (protocol !== need.protocol || port !== need.port) return false;
  if (device !== null && device !== need.bridge) return false;
  if (isEverywhere(address)) return address === '*' || (address === '[::]') === (need.family === 'ipv6');
  if (address.startsWith('[') !== (need.family === 'ipv6')) return false;
  return need.addresses?.includes(plainAddress(address)) ?? true;
}

/** libvirt's dnsmasq of a network that stands; a plain user does not learn which program it is. */
function isOurs({ address, device, program }: Listener, need: PortNeed, standing: readonly string[]): boolean {
  if (program !== null && program !== 'dnsmasq') return false;
  if (need.bridge === undefined || !standing.includes(need.bridge)) return false;
  return device === need.bridge || (need.addresses?.includes(plainAddress(address)) ?? false);
}

/**
 * Tells whether a port is shared. Where we may not try, a name server counts as one that does not share, and nothing is known
 * of the others.
 */
async function isShared(host: PortSearch['host'], { address, port }: Listener, { family }: PortNeed): Promise<boolean> {
  const everywhere = isEverywhere(address);
  const shared = await host.sharesPort(everywhere ? UNUSED[family] : plainAddress(address), port);
  return shared ?? port !== 53;
}

function plainAddress(address: string): string {
  return address.replace(/^\[(.*)\]$/, '$1');
}
