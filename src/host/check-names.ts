import { join } from 'node:path';
import { OUTPUT_NAMES, sliceZone } from '../filenames.js';
import { SSH_INCLUDE_MARK } from '../ssh-include-mark.js';
import { findings, type Finding } from './finding.js';
import type { Host } from './host.js';
import type { LibvirtFacts } from './libvirt-facts.js';
import { registersNames, RESOLVED_SOCKET } from './registers-names.js';

const { ok } = findings('names');

const HOSTS = '/etc/hosts';

export interface NamesOptions {
  /** The home of the user, where ssh looks for it. */
  readonly home: string;
  /** The slice that is going to be used. */
  readonly slice: number;
  /** null where libvirt does not answer. */
  readonly libvirt: Pick<LibvirtFacts, 'version'> | null;
}

/** Says by what this machine knows VMs by name: ssh by a line in the user's configuration, all programs by systemd-resolved or by lines of /etc/hosts. */
export async function checkNames(host: Host, { home, slice, libvirt }: NamesOptions): Promise<readonly Finding[]> {
  const zone = sliceZone(slice);
  const path = join(home, '.ssh', 'config');
  const lines = ((await host.read(path)) ?? '').split('\n');
  const isInstalled = lines.some((line) => line.trimEnd().endsWith(SSH_INCLUDE_MARK));
  const ssh = isInstalled
    ? `ssh knows VM.${zone} by ${path}`
    : `ssh knows VM.${zone} with -F, or after: virtbs ssh-config install`;
  const words = ((await host.read(HOSTS)) ?? '').split(/\s+/);
  const isServed = libvirt && registersNames(libvirt.version) && (await host.stat(RESOLVED_SOCKET));
  if (isServed) return [ok(`${ssh}; other programs by systemd-resolved, for networks that are made from now on`)];
  const others = words.some((word) => word.endsWith(`.${zone}`))
    ? `other programs by ${HOSTS}`
    : `other programs with the lines of ${OUTPUT_NAMES.etcHosts(slice)} in ${HOSTS}`;
  return [ok(`${ssh}; ${others}`)];
}
