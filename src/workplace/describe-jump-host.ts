import { readFile } from 'node:fs/promises';
import { hostname, networkInterfaces, userInfo } from 'node:os';
import type { Configuration } from '../config/configuration.js';
import type { JumpHost } from '../config/jump-host.js';

/**
 * Returns how others reach this machine: as the configuration says; otherwise as the user who calls, at the name or address
 * that is found.
 */
export async function describeJumpHost({ address, user, port }: Configuration['jumpHost']): Promise<JumpHost> {
  return { address: address ?? (await findAddress()), user: user ?? userName(), port };
}

/**
 * The host's name where it is a whole one, for a short one is seldom known elsewhere; otherwise the address of the interface
 * that has the default route, so that no name server is asked.
 */
async function findAddress(): Promise<string> {
  const name = hostname();
  if (name.includes('.') && !name.startsWith('localhost.')) return name;
  const device = await defaultRouteDevice();
  const addresses = device === null ? [] : (networkInterfaces()[device] ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? name;
}

/** Source: proc(5), /proc/net/route: interface, destination and gateway in hex, … */
async function defaultRouteDevice(): Promise<string | null> {
  const table = await readFile('/proc/net/route', 'utf8').catch(() => '');
  const rows = table.split('\n').map((line) => line.split('\t'));
  return rows.find(([, destination]) => destination === '00000000')?.[0] ?? null;
}

/** The name of the user, or root's where it has none, as in many containers. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'root';
  }
}
