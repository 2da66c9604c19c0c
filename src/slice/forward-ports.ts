import { VirtbsError } from '../errors.js';
import { forwardPort, type ForwardedPort } from '../guest/forward-port.js';
import type { SshHosts } from './find-ssh-hosts.js';
import { selectVm } from './select-vms.js';

export interface ForwardVerbOptions extends SshHosts {
  readonly slice: number;
  /** `8443:controller:443`, or `controller:8080` for the same port on both sides. */
  readonly ports: readonly string[];
}

export interface ForwardContext {
  readonly signal: AbortSignal;
  /** Called with each port that is listened on. */
  readonly onPort: (port: OpenPort) => void;
  readonly onFailure: (hostname: string, reason: string) => void;
}

export interface OpenPort {
  readonly local: number;
  readonly hostname: string;
  readonly remote: number;
}

/**
 * Forwards ports of this machine's loopback to ports of VMs until the signal is raised.
 *
 * @throws VirtbsError `usage` for what names no port or VM; `address-in-use`
 */
export async function forwardPorts(
  options: ForwardVerbOptions,
  { signal, onPort, onFailure }: ForwardContext,
): Promise<void> {
  const asked = options.ports.map(readPort);
  const { sshConfig, hosts, slice } = options;
  const chosen = asked.map(({ vm, local, remote }) => {
    const { hostname, local: isHere } = selectVm(hosts, vm, slice);
    if (isHere !== true) return { local, remote, hostname };
    throw new VirtbsError('usage', `forward: ${hostname} is this machine`, { hint: `its port is 127.0.0.1:${remote}` });
  });
  const open: ForwardedPort[] = [];
  try {
    for (const { hostname, local, remote } of chosen) {
      const report = (reason: string): void => onFailure(hostname, reason);
      const port = await forwardPort({ sshConfig, hostname }, { local, remote, onFailure: report });
      open.push(port);
      onPort({ local: port.local, hostname, remote });
    }
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  } finally {
    await Promise.all(open.map((port) => port[Symbol.asyncDispose]()));
  }
}

interface AskedPort {
  readonly vm: string;
  readonly local: number;
  readonly remote: number;
}

function readPort(word: string): AskedPort {
  const match = /^(?:(\d{1,5}):)?([^:]+):(\d{1,5})$/.exec(word);
  const remote = Number(match?.[3]);
  const local = match?.[1] === undefined ? remote : Number(match[1]);
  if (match?.[2] !== undefined && remote > 0 && remote < 65_536 && local < 65_536)
    return { vm: match[2], local, remote };
  throw new VirtbsError('usage', `forward: ${JSON.stringify(word)} is not PORT:VM:PORT`, {
    hint: 'port of this machine, VM, port of the VM: virtbs forward 8443:controller:443; 0 stands for a free one here',
  });
}
