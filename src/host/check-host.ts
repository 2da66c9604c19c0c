import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { AddressPoolSettings } from '../address/address-pool.js';
import { VirtbsError } from '../errors.js';
import { checkDaemon } from './check-daemon.js';
import { checkDnsmasq } from './check-dnsmasq.js';
import { checkFirewall } from './check-firewall.js';
import { checkGroups } from './check-groups.js';
import { checkKvm } from './check-kvm.js';
import { checkMemory } from './check-memory.js';
import { checkNames } from './check-names.js';
import { checkPrograms } from './check-programs.js';
import { checkResources } from './check-resources.js';
import { checkRoutes } from './check-routes.js';
import { checkSecurity } from './check-security.js';
import { checkShares } from './check-shares.js';
import { checkSshd } from './check-sshd.js';
import { checkStorage } from './check-storage.js';
import type { Finding } from './finding.js';
import { openHost } from './host.js';
import { readLibvirtFacts } from './libvirt-facts.js';

export interface CheckHostOptions {
  readonly connect: string;
  readonly root: string;
  readonly pool: AddressPoolSettings;
  /** The slice that is going to be used. */
  readonly slice: number;
  readonly packageDirectory: string;
}

/** All checks at once, in the order of their importance. Changes nothing. */
export async function checkHost(options: CheckHostOptions, signal: AbortSignal): Promise<readonly Finding[]> {
  const { connect, root, packageDirectory } = options;
  const packages = join(packageDirectory, 'bin/packages');
  const host = openHost(signal);
  const answer = await readLibvirtFacts(connect, signal);
  const libvirt = answer instanceof VirtbsError ? null : answer;
  const found = await Promise.all([
    checkPrograms(host, packages),
    checkDaemon(host, connect, answer),
    checkGroups(host, libvirt !== null),
    checkKvm(host),
    checkStorage(host, { root, libvirt }),
    checkSecurity(host, { root, libvirt }),
    checkDnsmasq(host, options),
    checkFirewall(host, { libvirt }),
    checkRoutes(host, options),
    checkResources(host, root),
    checkMemory(host, { root, libvirt }),
    checkShares(host, packages),
    checkSshd(host),
    checkNames(host, { home: userInfo().homedir, slice: options.slice, libvirt }),
  ]);
  return found.flat();
}
