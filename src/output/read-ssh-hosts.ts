import { readFile } from 'node:fs/promises';

/** A VM that ssh knows. */
export interface SshHost {
  readonly hostname: string;
  readonly domain: string;
  /** The role as host names have it. */
  readonly role: string;
}

/** The VMs of an ssh configuration that we wrote, without asking the hypervisor; none where there is no such file. */
export async function readSshHosts(path: string): Promise<readonly SshHost[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return [...text.matchAll(/^Host (\S+) (\S+)/gm)].map(([, hostname = '', domain = '']) => sshHost(hostname, domain));
}

/** A host name is the role with the offset behind it. */
export function sshHost(hostname: string, domain: string): SshHost {
  return { hostname, domain, role: hostname.slice(0, hostname.lastIndexOf('-')) };
}
