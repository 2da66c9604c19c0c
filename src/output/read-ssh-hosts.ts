import { readPlainFile } from '../read-plain-file.js';

/** Bytes; some hundred for each VM. */
const MOST_BYTES = 64 * 1024 ** 2;

/** A VM that ssh knows. */
export interface SshHost {
  readonly hostname: string;
  readonly domain: string;
  /** The role as host names have it. */
  readonly role: string;
  /** `worker.2`; missing in a file of an older virtbs. */
  readonly ordinal?: string | undefined;
}

/** The VMs of an ssh configuration that we wrote, without asking the hypervisor; none where there is no such file. */
export async function readSshHosts(path: string): Promise<readonly SshHost[]> {
  const text = String(await readPlainFile(path, { most: MOST_BYTES }).catch(() => ''));
  return [...text.matchAll(/^Host (\S+) (\S+)(.*)$/gm)].map(([, hostname = '', domain = '', more = '']) => {
    const [, ordinal, role] = / ((\S+)\.\d+)(?: |$)/.exec(more) ?? [];
    return { ...sshHost(hostname, domain), ...(role !== undefined && { role, ordinal }) };
  });
}

/** A host name is the role with the offset behind it. */
export function sshHost(hostname: string, domain: string): SshHost {
  return { hostname, domain, role: hostname.slice(0, hostname.lastIndexOf('-')) };
}
